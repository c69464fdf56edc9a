"""Tests of `console/access`."""
