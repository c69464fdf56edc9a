"""What the vendors' senders share: connections, tokens, code tables, texts."""
