"""The API in a test: over a real store, with doubles behind it."""
