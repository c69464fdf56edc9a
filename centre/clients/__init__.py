"""Client systems: their keys, secrets, addresses, and what they may send."""
