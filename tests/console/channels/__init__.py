"""Tests of `console/channels`."""
