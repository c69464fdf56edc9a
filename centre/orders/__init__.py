"""What people order of a message that is under way: cancel, resend, recall."""
