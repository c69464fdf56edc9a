"""Pages of message types: policies, templates, sending times."""
