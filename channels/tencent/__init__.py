"""Tencent Cloud: short messages and voice calls."""
