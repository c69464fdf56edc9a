"""Tests of `centre/rate_limits`."""
