"""Tests of `console/kit`."""
