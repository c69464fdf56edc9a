"""Links to a message's detail page: signed, short enough for an SMS, and they end.

A token is the message id (16 bytes), the second it ends (5 bytes) and the first
16 bytes of an HMAC-SHA256 over both: 50 URL-safe characters. It opens one page
and says nothing about the person; nobody can make one without the key.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

LINK_LIFE = timedelta(days=30)
_ID_BYTES, _TIME_BYTES, _MAC_BYTES = 16, 5, 16
_TOKEN_BYTES = _ID_BYTES + _TIME_BYTES + _MAC_BYTES
_PURPOSE = b"detail-link|"


def detail_link(
    base_url: str, token_key: bytes, message_id: UUID, expires: datetime
) -> str:
    """Return the address of a message's detail page."""
    seconds = int(expires.timestamp()).to_bytes(_TIME_BYTES, "big")
    signed = message_id.bytes + seconds
    token = base64.urlsafe_b64encode(signed + _mac(token_key, signed))
    return f"{base_url.rstrip('/')}/m/{token.decode().rstrip('=')}"


def read_link(token_key: bytes, token: str, now: datetime | None = None) -> UUID | None:
    """Return the message that a token opens; None for anything wrong with it.

    Without `now`, one that has ended is as good as any.
    """
    raw = _decode(token)
    if raw is None or len(raw) != _TOKEN_BYTES:
        return None
    signed, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(token_key, signed)):
        return None
    ends = datetime.fromtimestamp(int.from_bytes(signed[_ID_BYTES:], "big"), UTC)
    ended = now is not None and now >= ends
    return None if ended else UUID(bytes=signed[:_ID_BYTES])


def _mac(token_key: bytes, signed: bytes) -> bytes:
    """Return the signature; the purpose keeps it apart from other uses."""
    whole = hmac.new(token_key, _PURPOSE + signed, hashlib.sha256).digest()
    return whole[:_MAC_BYTES]


def _decode(token: str) -> bytes | None:
    """Return the bytes of a token in its one spelling, else None."""
    if len(token) > 2 * _TOKEN_BYTES or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    same = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return raw if same == token else None
