"""A running sandbox, called as clients call it."""
