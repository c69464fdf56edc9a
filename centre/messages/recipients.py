"""Whom a stored message is for, without the rest of it."""

from cryptography.exceptions import InvalidTag
from pydantic import ConfigDict

from centre.messages.writes import MESSAGE
from core.base import Model
from core.crypto import Keyring
from core.models import Recipient


class _Addressed(Model):
    """Of a message, whom it is for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    recipient: Recipient


def recipient_in(keyring: Keyring, sealed: str) -> Recipient | None:
    """Return whom a sealed message is for; None where it can't be read."""
    try:
        plain = keyring.unseal_text(sealed, MESSAGE)
        return _Addressed.model_validate_json(plain).recipient
    except (KeyError, ValueError, InvalidTag):
        return None
