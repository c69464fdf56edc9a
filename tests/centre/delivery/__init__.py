"""Tests of `centre/delivery`."""
