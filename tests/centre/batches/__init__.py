"""Tests of `centre/batches`."""
