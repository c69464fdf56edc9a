"""Texts cut to a provider's limits, with an ellipsis to show it."""

from collections.abc import Callable

ELLIPSIS = "…"
Size = Callable[[str], int]


def in_bytes(text: str) -> int:
    """Return the length in UTF-8 bytes."""
    return len(text.encode())


def in_units(text: str) -> int:
    """Return the length as JavaScript counts it: an emoji is two."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)


def clip(text: str, limit: int, size: Size = in_units, ellipsis: str = ELLIPSIS) -> str:
    """Return the text, or as much of it as fits with an ellipsis."""
    if size(text) <= limit:
        return text
    room = limit - size(ellipsis)
    kept = 0
    for character in text:
        room -= size(character)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + ellipsis
