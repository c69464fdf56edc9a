"""Tests of `centre/queues`."""
