"""Tests of `api/messages`."""
