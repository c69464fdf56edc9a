"""Tests of `api/admin`."""
