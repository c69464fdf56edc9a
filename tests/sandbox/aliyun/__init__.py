"""Tests of `sandbox/aliyun`."""
