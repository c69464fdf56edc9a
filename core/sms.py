"""How long a short message is, and of how many parts carriers bill it.

In China a text is counted in UCS-2, whatever its letters: 70 characters in one
part, else 67 in each, since every part then carries a six-byte header
(3GPP TS 23.040, 9.2.3.24.1). The signature counts.
"""

from core.models import Model

ONE_PART = 70
EACH_PART = 67


class SmsSize(Model):
    """The characters of a short message and the parts it is sent in."""

    characters: int
    segments: int


def signed(text: str, signature: str) -> str:
    """Return a text as the phone shows it: the signature stands before it."""
    return f"【{signature}】{text}" if signature else text


def sms_size(text: str) -> SmsSize:
    """Return the size of a text with its signature."""
    # A character beyond the first plane (an emoji) takes two places.
    characters = len(text) + sum(ord(c) > 0xFFFF for c in text)
    if characters <= ONE_PART:
        return SmsSize(characters=characters, segments=min(characters, 1))
    return SmsSize(characters=characters, segments=-(-characters // EACH_PART))
