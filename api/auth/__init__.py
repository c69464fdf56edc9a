"""Who calls: tokens are given and read here."""
