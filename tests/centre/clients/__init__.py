"""Tests of `centre/clients`."""
