"""Reading a mail that anybody may have written, in a time that grows with its size.

The standard library looks at every line for each multipart around it, and reads a
header's parameters from the start for each of them.
"""

from email import message_from_bytes
from email.message import Message
from email.policy import Compat32

from core.errors import Malformed

# A report has one, and the mail that it returns another or two.
_MOST_NESTED = 30
# Ours have some hundred; each costs some microseconds.
_MOST_LINES = 10_000
# A line has 998 characters at most (RFC 5322, 2.1.1); folded ones are few.
_LONGEST_PARAMETERS = 4000


class _Bounded(Compat32):
    """Reads headers as they are, but none with parameters without end."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower().startswith("content-") and len(value) > _LONGEST_PARAMETERS:
            raise Malformed("The mail has a header that is too long.")
        return name, value


def read_mail(body: bytes) -> Message:
    """Return a mail; Malformed where it is nested too deep, or too long."""
    if body.count(b"\n") + body.count(b"\r") > 2 * _MOST_LINES:
        raise Malformed("The mail has too many lines.")
    if body.lower().count(b"multipart/") > _MOST_NESTED:
        raise Malformed("The mail is nested too deep.")
    try:
        return message_from_bytes(body, policy=_Bounded())
    except RecursionError:
        raise Malformed("The mail is nested too deep.") from None
