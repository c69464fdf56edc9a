"""Which encoding a CSV file is in: one of Unicode's, the mainland's, or Taiwan's."""

import re

from core.errors import Invalid

# How a file begins that says so itself; Excel's "Unicode text" is UTF-16.
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_GB, _BIG5 = "gb18030", "cp950"
# Characters in common use come first in both sets: level 1 of GB 2312, and that of
# Big5. What the wrong one decodes lands among the rare ones.
_COMMON = {
    _GB: re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]"),
    _BIG5: re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]"),
}
# So many characters tell as much as all.
_SAMPLE = 10_000
# A text is not in an encoding by which half of it is rare.
_LEAST = 0.5
# By so few characters nobody tells the island's encoding from the mainland's.
_FEW = 6


def decoded(data: bytes) -> str:
    """Return a file's text; Invalid where its encoding can't be told."""
    said = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    text = _by(data, said or "utf-8")
    if text is None and said is None:
        text = _by_country(data)
    if text is None:
        raise Invalid(
            "The CSV file is neither in UTF-8, UTF-16, GB18030 nor Big5; "
            "save it as CSV UTF-8 or as XLSX."
        )
    return text


def _by(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _by_country(data: bytes) -> str | None:
    """Return the text by the encoding that makes it the more usual; GB where equal."""
    texts = {encoding: _by(data, encoding) for encoding in _COMMON}
    usual = {name: _usual(text) for name, text in texts.items() if text}
    best = max(usual, key=lambda name: usual[name], default=None)
    text = texts[best] if best and usual[best] >= _LEAST else None
    few = text is not None and len(_letters(text)) < _FEW
    return None if best == _BIG5 and few else text


def _letters(text: str) -> list[str]:
    return [c for c in text[: 8 * _SAMPLE] if not c.isascii()][:_SAMPLE]


def _usual(text: str) -> float:
    """Return which part of a text's characters is in common use on either side."""
    letters = _letters(text)
    return sum(map(_is_common, letters)) / max(len(letters), 1)


def _is_common(letter: str) -> bool:
    return any(
        common.fullmatch(letter.encode(encoding, "ignore"))
        for encoding, common in _COMMON.items()
    )
