"""What client systems use: messages, batches, receipts, the inbox."""
