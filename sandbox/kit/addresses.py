"""When two spellings are one address."""

import re

from core.words import Channel

_CHINA = re.compile(r"(?:\+|00)?86(?=1[3-9][0-9]{9}$)")
_PHONES = frozenset({Channel.SMS, Channel.VOICE})
# WeCom answers userids in lower case; mailboxes differ by case in theory only.
_CASELESS = frozenset({Channel.WECOM, Channel.EMAIL})


def spelling(channel: Channel, address: str) -> str:
    """Return the form in which two spellings of one address are equal."""
    if channel in _PHONES:
        return _CHINA.sub("", address, count=1)
    return address.casefold() if channel in _CASELESS else address
