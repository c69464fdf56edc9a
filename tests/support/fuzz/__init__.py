"""`make fuzz`: who asks, and what."""
