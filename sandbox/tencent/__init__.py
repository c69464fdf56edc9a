"""Tencent Cloud's double."""
