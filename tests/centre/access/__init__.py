"""Tests of `centre/access`."""
