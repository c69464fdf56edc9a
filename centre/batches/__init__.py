"""Batches: taken in, steered, and the lists that they come as."""
