"""Tests of `centre/people`."""
