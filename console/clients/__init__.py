"""Pages of client systems."""
