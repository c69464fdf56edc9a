"""Tests of `centre/orders`."""
