"""Tests of `console/clients`."""
