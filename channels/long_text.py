"""Cuts a text into the parts a gateway takes (3GPP TS 23.040, 9.2.3.24.1).

Always in UCS-2 (UTF-16, big-endian): a hospital's texts are Chinese, and the
signature before them is. Carriers bill the parts that core.sms counts.
"""

ONE_PART = 140
EACH_PART = 134
MOST_PARTS = 10


def parts_of(text: str, reference: int) -> tuple[bytes, ...]:
    """Return the contents, each of several with the header that joins them.

    `reference` (0 to 255) tells one long text from another to the same phone.
    ValueError for a text that is empty, too long, or can't be encoded.
    """
    encoded = text.encode("utf-16-be")
    cut = [encoded] if len(encoded) <= ONE_PART else list(_cut(encoded))
    if not encoded or len(cut) > MOST_PARTS:
        raise ValueError("the text is empty or too long")
    if len(cut) == 1:
        return (encoded,)
    total = len(cut)
    return tuple(
        bytes((5, 0, 3, reference, total, number)) + part
        for number, part in enumerate(cut, 1)
    )


def _cut(encoded: bytes) -> list[bytes]:
    parts, start = [], 0
    while start < len(encoded):
        end = start + EACH_PART
        # The halves of a character beyond the first plane stay together.
        if end < len(encoded) and 0xD8 <= encoded[end - 2] <= 0xDB:
            end -= 2
        parts.append(encoded[start:end])
        start = end
    return parts
