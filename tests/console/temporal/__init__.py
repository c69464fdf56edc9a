"""Tests of `console/temporal`."""
