"""Texts as people read them and as others take them; pure."""
