"""Aliyun's double."""
