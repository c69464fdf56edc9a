"""Tests of `centre/audit`."""
