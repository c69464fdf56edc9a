"""What a new centre begins with."""
