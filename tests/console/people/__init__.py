"""Tests of `console/people`."""
