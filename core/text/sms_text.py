"""How long a short message is, and of how many parts carriers bill it.

In China a text is counted in UCS-2, whatever its letters: 70 characters in one
part, else 67 in each, since every part then carries a six-byte header
(3GPP TS 23.040, 9.2.3.24.1). The signature counts.
"""

from collections.abc import Iterator

from core.base import Model

ONE_PART = 70
EACH_PART = 67


class SmsSize(Model):
    """The characters of a short message and the parts it is sent in."""

    characters: int
    segments: int


def signed(text: str, signature: str) -> str:
    """Return a text as the phone shows it: the signature stands before it."""
    return f"【{signature}】{text}" if signature else text


def _places(character: str) -> int:
    """Return how many places a character takes: two beyond the first plane."""
    return 2 if ord(character) > 0xFFFF else 1


def sms_parts(text: str) -> list[str]:
    """Return the texts of the parts; no character is cut in two."""
    if sum(map(_places, text)) <= ONE_PART:
        return [text] if text else []
    return list(_cut(text))


def _cut(text: str) -> Iterator[str]:
    start = taken = 0
    for index, character in enumerate(text):
        taken += _places(character)
        if taken > EACH_PART:
            yield text[start:index]
            start, taken = index, _places(character)
    yield text[start:]


def sms_size(text: str) -> SmsSize:
    """Return the size of a text with its signature."""
    characters = sum(map(_places, text))
    return SmsSize(characters=characters, segments=len(sms_parts(text)))
