"""Tests of `channels/carrier`."""
