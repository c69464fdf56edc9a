"""Tests of `sandbox/tencent`."""
