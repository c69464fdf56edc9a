"""Tests of `sandbox/carrier`."""
