"""The double of a mail server."""
