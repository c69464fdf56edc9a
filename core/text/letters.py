"""Letters as people read them: what shows, what is a blank, what has a standard twin.

Not by Python's `isprintable`: its tables call unassigned what a newer Unicode has
(rare letters of names in the latest CJK extensions), and unprintable what GBK
systems keep in the private-use area.
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

# Controls, halves of surrogate pairs, line and paragraph separators.
_BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SHOW_NOTHING = _BREAKS | {"Cf", "Zs"}
# GB 18030 gave FE50 to FEA0 places in the private-use area, U+E815 to U+E864, until
# Unicode had the letters; fourteen of them only since GB 18030-2022.
_FIRST_PRIVATE = 0xE815
_GB_CODES = [0xFE00 | low for low in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
_OF_2022: Mapping[int, str] = {
    0xE81E: "\u9fb4",
    0xE826: "\u9fb5",
    0xE82B: "\u9fb6",
    0xE82C: "\u9fb7",
    0xE832: "\u9fb8",
    0xE843: "\u9fb9",
    0xE854: "\u9fba",
    0xE864: "\u9fbb",
    0xE816: "\U00020087",
    0xE817: "\U00020089",
    0xE818: "\U000200cc",
    0xE831: "\U000215d7",
    0xE83B: "\U0002298f",
    0xE855: "\U000241fe",
}
_TWINS: Mapping[int, str] = {
    _FIRST_PRIVATE + place: code.to_bytes(2).decode("gb18030")
    for place, code in enumerate(_GB_CODES)
} | dict(_OF_2022)


def standard(text: str) -> str:
    """Return a text with GBK's private-use letters as the standard ones they are."""
    return text if text.isascii() else text.translate(_TWINS)


# What a person reads.
Words = Annotated[str, AfterValidator(standard)]


def visible(character: str) -> bool:
    """Tell whether a character shows: no blank, no joiner, no control."""
    kind = unicodedata.category(character)
    return kind not in _SHOW_NOTHING and not character.isspace()


def one_line(text: str) -> str:
    """Return a text with every run of blanks, controls and line ends as one space."""
    kept = (" " if unicodedata.category(c) in _BREAKS else c for c in text)
    return " ".join("".join(kept).split())
