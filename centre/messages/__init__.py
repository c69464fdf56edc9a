"""Messages: taken in, kept, found, confirmed, and how each stands."""
