"""The processes of a centre: which they are, started, watched, stopped."""
