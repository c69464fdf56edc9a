"""The messages page over a million messages."""
