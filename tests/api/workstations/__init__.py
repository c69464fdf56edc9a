"""Tests of `api/workstations`."""
