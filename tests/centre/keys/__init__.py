"""Tests of `centre/keys`."""
