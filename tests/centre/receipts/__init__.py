"""Tests of `centre/receipts`."""
