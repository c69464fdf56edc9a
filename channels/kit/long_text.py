"""Puts a text into the parts a gateway takes (3GPP TS 23.040, 9.2.3.24.1).

Always in UCS-2 (UTF-16, big-endian): a hospital's texts are Chinese, and the
signature before them is. The parts are those that core.sms counts.
"""

from core.text.sms_text import sms_parts

MOST_PARTS = 10


def parts_of(text: str, reference: int) -> tuple[bytes, ...]:
    """Return the contents, each of several with the header that joins them.

    `reference` (0 to 255) tells one long text from another to the same phone.
    ValueError for a text that is empty, too long, or can't be encoded.
    """
    parts = [part.encode("utf-16-be") for part in sms_parts(text)]
    total = len(parts)
    if not 1 <= total <= MOST_PARTS:
        raise ValueError("the text is empty or too long")
    if total == 1:
        return tuple(parts)
    return tuple(
        bytes((5, 0, 3, reference, total, number)) + part
        for number, part in enumerate(parts, 1)
    )
