"""One message on one channel: attempts, addresses, limits, what came of it."""
