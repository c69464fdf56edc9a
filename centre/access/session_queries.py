"""The sessions of the console: random tokens, kept as hashes.

A session ends when its user's epoch moves on (disabled, demoted, new password),
when nothing was done for the idle time, and after a working day at the latest.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import col, delete, select, update

from centre.access.contracts import User
from centre.access.tables import ConsoleSessionRow, UserRow
from centre.access.user_queries import user_of
from core.clock import utc_now
from db.session import Session

LONGEST = timedelta(hours=12)
# How often "still here" is written: a row written by every click is too much.
_NOTED = timedelta(seconds=20)
_NOTED_SHARE = 4  # of the idle time, where that is short


async def begin(session: Session, user: User, address: str | None) -> str:
    """Open a session for who has just signed in; return its token."""
    token, now = secrets.token_urlsafe(32), utc_now()
    session.add(
        ConsoleSessionRow(
            token_hash=_hash(token),
            username=user.username,
            epoch=user.epoch,
            address=address,
            began_at=now,
            seen_at=now,
        )
    )
    await session.flush()
    old = delete(ConsoleSessionRow).where(
        col(ConsoleSessionRow.began_at) < now - LONGEST
    )
    await session.exec(old)
    return token


async def visitors(
    session: Session, tokens: Sequence[str], idle: timedelta
) -> dict[str, User]:
    """Return the users of these sessions, of those that hold."""
    now = utc_now()
    by_hash = {_hash(token): token for token in tokens}
    wanted = (
        select(ConsoleSessionRow.token_hash, UserRow)
        .join(
            UserRow,
            col(ConsoleSessionRow.username) == col(UserRow.username),
        )
        .where(
            col(ConsoleSessionRow.token_hash).in_(by_hash),
            col(ConsoleSessionRow.epoch) == col(UserRow.epoch),
            col(UserRow.enabled).is_(True),
            col(ConsoleSessionRow.seen_at) > now - idle,
            col(ConsoleSessionRow.began_at) > now - LONGEST,
        )
    )
    rows = (await session.exec(wanted)).all()
    return {by_hash[digest]: user_of(row) for digest, row in rows}


async def note_activity(session: Session, token: str, idle: timedelta) -> None:
    """Note that the session's user is still at work."""
    now = utc_now()
    seen = update(ConsoleSessionRow).where(
        col(ConsoleSessionRow.token_hash) == _hash(token),
        col(ConsoleSessionRow.seen_at) < now - min(_NOTED, idle / _NOTED_SHARE),
    )
    await session.exec(seen.values(seen_at=now))


async def end(session: Session, token: str) -> None:
    """End one session: its user signed out."""
    ended = delete(ConsoleSessionRow).where(
        col(ConsoleSessionRow.token_hash) == _hash(token)
    )
    await session.exec(ended)


def _hash(token: str) -> str:
    """A token is 256 random bits: no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
