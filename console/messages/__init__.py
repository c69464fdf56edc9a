"""Pages of messages and batches."""
