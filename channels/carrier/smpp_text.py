"""The text from a phone in what an SMPP message centre delivers."""

from datetime import datetime

from channels.carrier.smpp_short import Short
from channels.uplinks import Uplink, decoded


def text_in(short: Short, provider: str, at: datetime) -> Uplink | None:
    """Return the text in a deliver_sm or data_sm, None where it is no text."""
    if short.kind:
        return None
    text = decoded(short.content, short.data_coding, headed=short.headed)
    return Uplink(provider=provider, number=short.source, text=text, at=at)
