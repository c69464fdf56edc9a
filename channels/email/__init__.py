"""Mail by SMTP, and what comes back of it."""
