"""Tests of `centre/workstations`."""
