"""Alipay's messages."""
