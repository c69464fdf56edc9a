"""Tests of `centre/seeds`."""
