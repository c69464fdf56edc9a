"""The clients' queues: their settings, their samples, how people steer them."""
