"""One-time codes by time (RFC 6238), and recovery codes: made, and compared.

A code counts once: the store remembers the time step of the last one taken. A
recovery code is 80 random bits, kept as SHA-256, and gone once used.
"""

import hashlib
import secrets
from datetime import datetime

import pyotp

from centre.access import factor_queries
from core.clock import utc_now
from db.session import Session

ISSUER = "Hospital Message Centre"
RECOVERY_CODES = 10
_STEP_SECONDS = 30
# A clock may be one step (30 s) off either way.
_DRIFT = (0, -1, 1)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 16


def new_secret() -> str:
    """Return a secret for an authenticator app: 160 random bits in base32."""
    return pyotp.random_base32()


def address_of(secret: str, username: str) -> str:
    """Return the otpauth address that a QR code shows to an app."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


async def takes(session: Session, username: str, secret: str, code: str) -> bool:
    """Tell whether a code is right, and use it up."""
    given = "".join(code.split()).replace("-", "").casefold()
    if given.isascii() and given.isdigit() and len(given) == 6:
        step = step_of(secret, given, utc_now())
        return step is not None and await factor_queries.take_step(
            session, username, step
        )
    return await factor_queries.use_code(session, username, _hash(given))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step a code belongs to; None where it is wrong."""
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_SECONDS
    for drift in _DRIFT:
        right = totp.generate_otp(current + drift)
        if secrets.compare_digest(right.encode(), code.strip().encode()):
            return current + drift
    return None


async def renew_codes(session: Session, username: str) -> tuple[str, ...]:
    """Give a user new recovery codes in place of all before; return them."""
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    digests = [_hash(code.replace("-", "")) for code in codes]
    await factor_queries.put_codes(session, username, digests)
    return codes


def _new_code() -> str:
    """Return a code in letters and digits that can't be taken for each other."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
