"""Message types, templates and dictionaries: what administrators set up."""
