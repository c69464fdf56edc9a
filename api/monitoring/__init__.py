"""Whether the process is well, and what Temporal's own tools may read."""
