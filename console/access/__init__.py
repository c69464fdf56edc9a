"""Pages of signing in, of users, and of the audit log."""
