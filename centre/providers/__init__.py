"""Which providers are in use, and what they take of a template."""
