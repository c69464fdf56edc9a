"""Aliyun: short messages and voice calls."""
