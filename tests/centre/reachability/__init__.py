"""Tests of `centre/reachability`."""
