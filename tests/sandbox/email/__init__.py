"""Tests of `sandbox/email`."""
