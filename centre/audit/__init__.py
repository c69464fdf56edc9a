"""The audit log: who did what, and that nothing of it was changed."""
