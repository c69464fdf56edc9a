"""Tests of `centre/providers`."""
