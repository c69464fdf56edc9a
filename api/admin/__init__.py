"""`/v1/admin`: what administrators set up and operators do."""
