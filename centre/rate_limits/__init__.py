"""Limits of channels and clients, counted by all processes or by one."""
