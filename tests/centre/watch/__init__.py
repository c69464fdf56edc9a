"""Tests of `centre/watch`."""
