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
    usual = {name: _usual(text, name) for name, text in texts.items() if text}
    best = max(usual, key=lambda name: usual[name], default=None)
    return texts[best] if best and usual[best] >= _LEAST else None


def _usual(text: str, encoding: str) -> float:
    """Return which part of a text's characters is in common use."""
    letters = [c for c in text[: 8 * _SAMPLE] if not c.isascii()][:_SAMPLE]
    common = _COMMON[encoding].fullmatch
    found = sum(common(letter.encode(encoding)) is not None for letter in letters)
    return found / max(len(letters), 1)
