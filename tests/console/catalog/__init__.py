"""Tests of `console/catalog`."""
