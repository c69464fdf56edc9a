"""Tests of `console/texts`."""
