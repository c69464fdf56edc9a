"""Tests of `centre`."""
