"""Signing in: password, second factor, and what failures lead to.

Failures count by name and place (an address, or a browser that this person has
signed in with before): an outsider at another place locks nobody out. Five in
a row, none longer than five minutes after the one before, lock the pair for
300 s: what assessors of GB/T 22239-2019 level 3 usually ask for. Name and
address alone have a pace (centre/access/sign_in_paces.py), which holds up only who
has never signed in from there.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import case, func
from sqlmodel import col, delete, select

from centre.access import passwords, second_factor, sign_in_paces, sign_in_places
from centre.access.sign_in_paces import OF_ADDRESS, OF_NAME, Pace
from centre.access.sign_in_places import known_at, places_of
from centre.access.tables import SignInRow, UserRow
from centre.access.users import User, user_of
from core.errors import TooManyRequests, Unauthenticated
from db.columns import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

MAX_FAILURES = 5
LOCKED_FOR = timedelta(seconds=300)
CODE_NEEDED = "The code of the second factor is needed."


class CodeNeeded(Unauthenticated):
    """The password is right; the second factor's code is missing."""


class Try(NamedTuple):
    """What a try to sign in counts for: the name's pair with a place, and paces."""

    username: str
    places: tuple[str, ...]
    known: bool
    pair: str
    paces: dict[str, Pace]


async def the_try(
    session: Session, username: str, address: str | None, device: str | None
) -> Try:
    """Return what signing in under this name from this place counts for."""
    index = keyring_of(session).index
    places = places_of(session, address, device)
    known = await known_at(session, username, places)
    # Any browser may be claimed: one that is not known counts for nothing.
    networks = places_of(session, address, None)
    place = known or "".join(networks)
    name = index("sign-in", username.casefold())
    paces = {name: OF_NAME} | dict.fromkeys(networks, OF_ADDRESS)
    pair = index("sign-in-pair", f"{name} {place}")
    return Try(username, places, known is not None, pair, paces)


async def take_turn(session: Session, tried: Try) -> timedelta:
    """Return how long a try has to wait; TooManyRequests where it is not taken.

    Where the person is known there is no wait.
    """
    await refuse_if_locked(session, tried.pair)
    if tried.known:
        return timedelta(0)
    return await sign_in_paces.take_turn(session, tried.paces)


async def verify(
    session: Session,
    username: str,
    password: str,
    code: str | None = None,
    address: str | None = None,
    device: str | None = None,
) -> User | None:
    """Return the enabled user whose password and code these are, else None.

    Counts failures, so leave the transaction without an error on None. Raises
    TooManyRequests while name and place are locked, whether such a user exists
    or not: a guess must learn nothing. Raises CodeNeeded where only that is missing.
    """
    tried = await the_try(session, username, address, device)
    await refuse_if_locked(session, tried.pair)
    row = await session.get(UserRow, username)
    known = row is not None and row.enabled
    right = await passwords.matches(
        password, row.password_hash if row and known else None
    )
    if row is None or not right or not await _has_factor(session, row, code):
        await _count_failure(session, tried.pair, _attacked(row, tried))
        return None
    # Guesses made at the same time may have locked the pair meanwhile.
    await refuse_if_locked(session, tried.pair)
    await _note_success(session, tried)
    row.signed_in_at = utc_now()
    session.add(row)
    await session.flush()
    return user_of(row)


async def _has_factor(session: Session, row: UserRow, code: str | None) -> bool:
    """Tell whether the second factor is right, where the user has one."""
    if row.totp_secret is None:
        return True
    if code is None:
        raise CodeNeeded(CODE_NEEDED)
    return await second_factor.takes(session, row, code)


async def refuse_if_locked(session: Session, pair: str) -> None:
    """Raise TooManyRequests while a name and place are locked."""
    wanted = select(SignInRow.locked_until).where(SignInRow.name_index == pair)
    until = (await session.exec(wanted)).first()
    if until is not None and (left := until - utc_now()) > timedelta(0):
        raise TooManyRequests("Too many failed sign-ins.", left)


def _attacked(row: UserRow | None, tried: Try) -> str | None:
    """Return whose name it is, where it may be somebody else who tries it."""
    return row.username if row is not None and not tried.known else None


async def _count_failure(session: Session, pair: str, username: str | None) -> None:
    """Count up in one statement; the last allowed one locks."""
    now, table = utc_now(), table_of(SignInRow)
    first = insert_into(dialect_of(session), table).values(
        name_index=pair, failures=1, last_at=now, locked_until=None, username=username
    )
    anew = (table.c.failures >= MAX_FAILURES) | (table.c.last_at < now - LOCKED_FOR)
    failures = case((anew, 1), else_=table.c.failures + 1)
    locking = ~anew & (table.c.failures == MAX_FAILURES - 1)
    until = case((locking, now + LOCKED_FOR), else_=table.c.locked_until)
    count = first.on_conflict_do_update(
        index_elements=["name_index"],
        set_={"failures": failures, "last_at": now, "locked_until": until},
    )
    await session.exec(count)
    old = delete(SignInRow).where(col(SignInRow.last_at) < now - LOCKED_FOR)
    await session.exec(old)


async def _note_success(session: Session, tried: Try) -> None:
    """Forget the failures here, give turns back, remember the place."""
    await _forget(session, tried.pair)
    paces = {k: p for k, p in tried.paces.items() if p is OF_ADDRESS or not tried.known}
    await sign_in_paces.give_back(session, paces)
    await sign_in_places.note(session, tried.username, tried.places)


async def _forget(session: Session, pair: str) -> None:
    await session.exec(delete(SignInRow).where(col(SignInRow.name_index) == pair))


async def failures_of(session: Session, tried: Try) -> int:
    """Return how often in a row signing in under this name from here has failed."""
    wanted = select(SignInRow.failures).where(SignInRow.name_index == tried.pair)
    return (await session.exec(wanted)).first() or 0


async def attacked_names(session: Session) -> Sequence[tuple[str, int]]:
    """Return the names tried of late from places their people were never at.

    Each with how often that failed in the last five minutes.
    """
    name, total = col(SignInRow.username), func.sum(SignInRow.failures)
    since = utc_now() - LOCKED_FOR
    wanted = select(name, total).where(
        col(SignInRow.last_at) > since, name.is_not(None)
    )
    rows = (await session.exec(wanted.group_by(name))).all()
    return [(str(username), int(count)) for username, count in rows]


async def confirms(session: Session, username: str, password: str) -> bool:
    """Tell whether somebody who is signed in knows their password.

    Counts failures of those who are signed in as this person, wherever they are;
    leave the transaction without an error.
    """
    pair = keyring_of(session).index("sign-in-confirm", username)
    await refuse_if_locked(session, pair)
    row = await session.get(UserRow, username)
    right = await passwords.matches(password, row.password_hash if row else None)
    if right:
        await _forget(session, pair)
    else:
        await _count_failure(session, pair, None)
    return right
