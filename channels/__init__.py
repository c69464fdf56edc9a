"""Channels: a folder a vendor, and what all of them share."""
