"""The second factor: one-time codes by time (RFC 6238), and recovery codes.

The secret is sealed in the user's row. A code counts once: the row remembers
the time step of the last one taken. A recovery code is 80 random bits, kept as
SHA-256, and gone once used.
"""

import hashlib
import secrets
from datetime import datetime

import pyotp
from sqlmodel import col, delete, func, select, update

from centre.access.tables import RecoveryCodeRow, UserRow
from centre.audit import audit
from centre.audit.audit import Actor
from core.errors import Invalid, NotFound, Wrong
from db.columns import utc_now
from db.session import Session
from db.sql import keyring_of

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


async def turn_on(
    session: Session, username: str, secret: str, code: str, actor: Actor
) -> tuple[str, ...]:
    """Turn it on once the app's code is right; return the recovery codes."""
    row = await _row(session, username)
    step = _step_of(secret, code, utc_now())
    if step is None:
        detail = "This is not the app's current code."
        raise Invalid("The code was refused.", [Wrong("/code", detail)])
    row.totp_secret = keyring_of(session).seal_text(secret, _context(username))
    row.totp_step = step
    session.add(row)
    await session.flush()
    codes = await _renew_codes(session, username)
    await audit.write(session, actor, "turn-on-two-factor", _target(username))
    return codes


async def turn_off(session: Session, username: str, actor: Actor) -> None:
    """Turn it off, by the user or, where the device is lost, an administrator."""
    row = await _row(session, username)
    row.totp_secret, row.totp_step = None, None
    session.add(row)
    await session.flush()
    await _drop_codes(session, username)
    await audit.write(session, actor, "turn-off-two-factor", _target(username))


async def renew_codes(session: Session, username: str, actor: Actor) -> tuple[str, ...]:
    """Return new recovery codes; the old ones end."""
    codes = await _renew_codes(session, username)
    await audit.write(session, actor, "renew-recovery-codes", _target(username))
    return codes


async def codes_left(session: Session, username: str) -> int:
    """Return how many recovery codes a user still has."""
    count = select(func.count()).where(RecoveryCodeRow.username == username)
    return (await session.exec(count)).one()


async def takes(session: Session, row: UserRow, code: str) -> bool:
    """Tell whether a code is right, and use it up."""
    given = "".join(code.split()).replace("-", "").casefold()
    if given.isascii() and given.isdigit() and len(given) == 6:
        return await _takes_totp(session, row, given)
    used = delete(RecoveryCodeRow).where(
        col(RecoveryCodeRow.username) == row.username,
        col(RecoveryCodeRow.code_hash) == _hash(given),
    )
    return (await session.exec(used)).rowcount == 1


async def _takes_totp(session: Session, row: UserRow, code: str) -> bool:
    context = _context(row.username)
    secret = keyring_of(session).unseal_text(row.totp_secret or "", context)
    step = _step_of(secret, code, utc_now())
    if step is None:
        return False
    # One statement: of two sign-ins with the same code at once, one gets in.
    newer = update(UserRow).where(
        col(UserRow.username) == row.username,
        func.coalesce(col(UserRow.totp_step), 0) < step,
    )
    return (await session.exec(newer.values(totp_step=step))).rowcount == 1


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step a code belongs to; None where it is wrong."""
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_SECONDS
    for drift in _DRIFT:
        right = totp.generate_otp(current + drift)
        if secrets.compare_digest(right.encode(), code.strip().encode()):
            return current + drift
    return None


async def _renew_codes(session: Session, username: str) -> tuple[str, ...]:
    await _drop_codes(session, username)
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    for code in codes:
        digest = _hash(code.replace("-", ""))
        session.add(RecoveryCodeRow(username=username, code_hash=digest))
    await session.flush()
    return codes


async def _drop_codes(session: Session, username: str) -> None:
    all_of = delete(RecoveryCodeRow).where(col(RecoveryCodeRow.username) == username)
    await session.exec(all_of)


def _new_code() -> str:
    """Return a code in letters and digits that can't be taken for each other."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


async def _row(session: Session, username: str) -> UserRow:
    row = await session.get(UserRow, username)
    if row is None:
        raise NotFound("There is no such user.")
    return row


def _context(username: str) -> str:
    return f"totp:{username}"


def _target(username: str) -> str:
    return f"users/{username}"
