"""Scripted activities and flows, and workers that serve them."""
