"""What providers and people tell afterwards: receipts, replies, what was read."""
