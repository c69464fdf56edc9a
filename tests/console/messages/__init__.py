"""Tests of `console/messages`."""
