"""Characters that nobody can see, and spellings that nobody can tell apart.

Numbers copied from a chat, a web page or an address book bring marks with them:
zero-width spaces, marks of writing direction, a byte order mark, hyphens that do not
break. Unicode calls most of them format characters (Cf); the rest is listed here.
"""

import re
import unicodedata

# Blank letters and marks that are no format characters: the joiner of graphemes,
# Hangul and Khmer fillers, Mongolian and common selectors of variants.
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
_SEEN_BY_NOBODY = re.compile(f"[{_BLANK}\U000e0100-\U000e01ef]")
# Hyphens, dashes and the sign for minus, as word processors put them for "-".
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63"
_AS_TYPED = {ord(hyphen): ord("-") for hyphen in _HYPHENS}


def without_invisible(text: str) -> str:
    """Return a text without what nobody can see; spaces are no such thing."""
    if text.isascii():
        return text
    kept = (c for c in text if unicodedata.category(c) != "Cf")
    return _SEEN_BY_NOBODY.sub("", "".join(kept))


def plain(text: str) -> str:
    """Return the spelling of a number or an address that a keyboard would give.

    Nothing invisible, "-" for every hyphen, one kind of space and none around it.
    A full-width letter can be told from its twin: whoever takes both folds them.
    """
    if text.isascii():
        return text.strip()
    spelt = without_invisible(text).translate(_AS_TYPED)
    return "".join(" " if c.isspace() else c for c in spelt).strip()
