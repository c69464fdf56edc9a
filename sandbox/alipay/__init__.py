"""Alipay's double."""
