"""Temporal's Web UI below the console's own address."""
