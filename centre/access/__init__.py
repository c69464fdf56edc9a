"""Who may sign in, and how: users, passwords, second factors, sessions."""
