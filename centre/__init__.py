"""What the centre does, a folder a feature; the later may use the earlier."""
