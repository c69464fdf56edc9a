"""Tests of `channels/email`."""
