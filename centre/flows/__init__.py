"""What the workflows do for the rest: ports, and what is seen of their queues."""
