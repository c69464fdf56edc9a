"""Tests of `centre/schedule`."""
