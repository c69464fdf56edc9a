"""Pages of channels and their accounts."""
