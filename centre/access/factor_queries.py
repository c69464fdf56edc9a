"""What is kept of the second factor: the sealed secret, recovery codes as hashes."""

from collections.abc import Collection

from sqlmodel import col, delete, func, select, update

from centre.access.tables import RecoveryCodeRow, UserRow
from core.errors import NotFound
from db.session import Session
from db.sql import keyring_of


async def secret_of(session: Session, username: str) -> str | None:
    """Return the secret of a user's second factor, where it is on."""
    row = await session.get(UserRow, username)
    if row is None or row.totp_secret is None:
        return None
    return keyring_of(session).unseal_text(row.totp_secret, _sealed_as(username))


async def put_secret(
    session: Session, username: str, secret: str | None, step: int | None
) -> None:
    """Turn it on, with the time step of the code that was taken, or off (None)."""
    row = await session.get(UserRow, username)
    if row is None:
        raise NotFound("There is no such user.")
    keyring = keyring_of(session)
    row.totp_secret = secret and keyring.seal_text(secret, _sealed_as(username))
    row.totp_step = step
    session.add(row)
    await session.flush()


async def take_step(session: Session, username: str, step: int) -> bool:
    """Note the time step of a code; False where a code of it was taken already.

    One statement: of two sign-ins with the same code at once, one gets in.
    """
    newer = update(UserRow).where(
        col(UserRow.username) == username,
        func.coalesce(col(UserRow.totp_step), 0) < step,
    )
    return (await session.exec(newer.values(totp_step=step))).rowcount == 1


async def put_codes(session: Session, username: str, digests: Collection[str]) -> None:
    """Keep these recovery codes of a user, as hashes, in place of all before."""
    all_of = delete(RecoveryCodeRow).where(col(RecoveryCodeRow.username) == username)
    await session.exec(all_of)
    for digest in digests:
        session.add(RecoveryCodeRow(username=username, code_hash=digest))
    await session.flush()


async def use_code(session: Session, username: str, digest: str) -> bool:
    """Use a recovery code up; False where there is none such."""
    used = delete(RecoveryCodeRow).where(
        col(RecoveryCodeRow.username) == username,
        col(RecoveryCodeRow.code_hash) == digest,
    )
    return (await session.exec(used)).rowcount == 1


async def codes_left(session: Session, username: str) -> int:
    """Return how many recovery codes a user still has."""
    count = select(func.count()).where(RecoveryCodeRow.username == username)
    return (await session.exec(count)).one()


def _sealed_as(username: str) -> str:
    return f"totp:{username}"
