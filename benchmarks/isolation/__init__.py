"""What one client's flood, or many idle clients, do to another's message."""
