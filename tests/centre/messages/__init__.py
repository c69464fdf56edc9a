"""Tests of `centre/messages`."""
