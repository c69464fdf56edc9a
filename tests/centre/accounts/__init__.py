"""Tests of `centre/accounts`."""
