"""Tests of `centre/catalog`."""
