"""Tests of `sandbox/hospital`."""
