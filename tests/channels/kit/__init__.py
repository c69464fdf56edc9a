"""Tests of `channels/kit`."""
