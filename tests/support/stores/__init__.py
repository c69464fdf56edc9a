"""Databases and keys to test with."""
