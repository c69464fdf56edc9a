"""The name by which a browser is known: 256 random bits, and our signature.

Nobody but the centre can make one. Whether a person is known there stands in the
store (centre/access/sign_in_place_queries.py), each person for themselves: a ward
shares browsers.
"""

import hmac
import secrets

from core.crypto import Keyring

_KIND = "device"
_MAX_LENGTH = 200


def new_device(keyring: Keyring) -> str:
    """Return a name for a browser that has none."""
    name = secrets.token_urlsafe(32)
    return f"{name}.{keyring.index(_KIND, name)}"


def device_of(keyring: Keyring, given: str | None) -> str | None:
    """Return the browser's name where it is one that we gave."""
    if given is None or len(given) > _MAX_LENGTH or not given.isascii():
        return None
    name, _, signature = given.partition(".")
    signed = hmac.compare_digest(signature, keyring.index(_KIND, name))
    return given if signed else None
