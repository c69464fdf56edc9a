"""Tests of `sandbox/weixin`."""
