"""Scripted providers and their accounts."""
