"""Tests of `console/operations`."""
