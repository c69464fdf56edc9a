"""A whole centre in a test, and those who talk to it."""
