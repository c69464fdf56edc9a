"""Signing in: password, second factor, and what failures lead to.

Failures count by name and place (an address, or a browser that this person has
signed in with before): an outsider at another place locks nobody out. Five in
a row, none longer than five minutes after the one before, lock the pair for
300 s: what assessors of GB/T 22239-2019 level 3 usually ask for. Name and
address alone have a pace (centre/access/sign_in_paces.py), which holds up only who
has never signed in from there.
"""

from datetime import timedelta
from typing import NamedTuple

from centre.access import (
    factor_queries,
    one_time_codes,
    passwords,
    sign_in_paces,
    sign_in_place_queries,
    sign_in_queries,
    user_queries,
)
from centre.access.contracts import User
from centre.access.sign_in_paces import OF_ADDRESS, OF_NAME, Pace
from centre.access.sign_in_places import places_of
from core.clock import utc_now
from core.errors import TooManyRequests, Unauthenticated
from db.session import Session
from db.sql import keyring_of

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
    keyring = keyring_of(session)
    index = keyring.index
    places = places_of(keyring, address, device)
    known = await sign_in_place_queries.known_at(session, username, places)
    # Any browser may be claimed: one that is not known counts for nothing.
    networks = places_of(keyring, address, None)
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
    user = await user_queries.find_user(session, username)
    digest = await user_queries.password_hash(session, username)
    known = user is not None and user.enabled
    right = await passwords.matches(password, digest if known else None)
    if user is None or not right or not await _has_factor(session, username, code):
        attacked = username if user is not None and not tried.known else None
        await sign_in_queries.count_failure(session, tried.pair, attacked)
        return None
    # Guesses made at the same time may have locked the pair meanwhile.
    await refuse_if_locked(session, tried.pair)
    await _note_success(session, tried)
    return await user_queries.note_sign_in(session, username)


async def _has_factor(session: Session, username: str, code: str | None) -> bool:
    """Tell whether the second factor is right, where the user has one."""
    secret = await factor_queries.secret_of(session, username)
    if secret is None:
        return True
    if code is None:
        raise CodeNeeded(CODE_NEEDED)
    return await one_time_codes.takes(session, username, secret, code)


async def refuse_if_locked(session: Session, pair: str) -> None:
    """Raise TooManyRequests while a name and place are locked."""
    until = await sign_in_queries.locked_until(session, pair)
    if until is not None and (left := until - utc_now()) > timedelta(0):
        raise TooManyRequests("Too many failed sign-ins.", left)


async def _note_success(session: Session, tried: Try) -> None:
    """Forget the failures here, give turns back, remember the place."""
    await sign_in_queries.forget(session, tried.pair)
    paces = {k: p for k, p in tried.paces.items() if p is OF_ADDRESS or not tried.known}
    await sign_in_paces.give_back(session, paces)
    await sign_in_place_queries.note(session, tried.username, tried.places)


async def confirms(session: Session, username: str, password: str) -> bool:
    """Tell whether somebody who is signed in knows their password.

    Counts failures of those who are signed in as this person, wherever they are;
    leave the transaction without an error.
    """
    pair = keyring_of(session).index("sign-in-confirm", username)
    await refuse_if_locked(session, pair)
    digest = await user_queries.password_hash(session, username)
    right = await passwords.matches(password, digest)
    if right:
        await sign_in_queries.forget(session, pair)
    else:
        await sign_in_queries.count_failure(session, pair, None)
    return right
