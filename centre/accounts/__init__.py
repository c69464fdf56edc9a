"""Accounts at the providers: kept, tried, and how traffic moves among them."""
