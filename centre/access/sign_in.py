"""Signing a person in: what the API's tokens and the console share."""

import asyncio
from dataclasses import dataclass, field

from centre.access import (
    passwords,
    sign_in_place_queries,
    sign_in_queries,
    sign_ins,
    user_queries,
    users,
)
from centre.access.contracts import SignInAttempt, User
from centre.access.sign_in_places import places_of
from centre.access.sign_ins import Try
from centre.audit import audit
from centre.audit.audit import Actor
from centre.context import Context
from centre.rate_limits.in_process import Gate
from core.errors import Forbidden, Unauthenticated
from core.settings import Settings
from db.session import Session

# The answer to a wrong password comes later and later: 0.1 s, 0.2 s … 1.6 s.
_FIRST_DELAY = 0.1
_MOST_DOUBLINGS = 4


@dataclass(frozen=True)
class Gates:
    """How many passwords are checked at once: that costs memory and time, on purpose.

    Who is known where they are does not queue with a flood of others.
    """

    known: Gate = field(default_factory=lambda: Gate(at_once=2, waiting=40))
    others: Gate = field(default_factory=lambda: Gate(at_once=2, waiting=40))


async def sign_in(context: Context, gates: Gates, attempt: SignInAttempt) -> User:
    """Return the user; Unauthenticated where name, password or code is wrong.

    Raises sign_ins.CodeNeeded and TooManyRequests as `sign_ins` does. The log has
    every sign-in, and every failure of a name that exists.
    """
    async with context.store.sessions.begin() as session:
        tried = await _try(session, attempt)
        wait = await sign_ins.take_turn(session, tried)
    await asyncio.sleep(wait.total_seconds())
    gate = gates.known if tried.known else gates.others
    async with gate, context.store.sessions.begin() as session:
        user = await sign_ins.verify(
            session,
            attempt.username,
            attempt.password,
            attempt.code,
            attempt.address,
            attempt.device,
        )
        await _note(session, user, attempt)
        failures = await sign_in_queries.failures_of(session, tried.pair)
    if user is None:
        doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
        await asyncio.sleep(_FIRST_DELAY * 2**doublings)
        raise Unauthenticated("User name, password or code is wrong.")
    return user


async def _try(session: Session, attempt: SignInAttempt) -> Try:
    where = attempt.address, attempt.device
    return await sign_ins.the_try(session, attempt.username, *where)


async def change_password(
    context: Context, gates: Gates, attempt: SignInAttempt, new: str
) -> User:
    """Set a person's own new password: with the present one, as at a sign-in.

    Every token and session of theirs ends.
    """
    passwords.check_password(attempt.username, new)
    user = await sign_in(context, gates, attempt)
    actor = Actor(who=user.username, role=user.role, address=attempt.address)
    return await set_own_password(context, actor, new, attempt.device)


async def set_own_password(
    context: Context, actor: Actor, new: str, device: str | None
) -> User:
    """Set the password of who acts; where they are, they stay known."""
    name, rules = actor.who, passwords.rules_of(context.settings)
    places = places_of(context.keyring, actor.address, device)
    async with context.store.sessions.begin() as session:
        user = await users.replace_password(session, name, new, actor, rules)
        await sign_in_place_queries.note(session, name, places)
    return user


async def confirms(context: Context, password: str, actor: Actor) -> bool:
    """Tell whether who is signed in knows their password; failures are counted."""
    async with context.store.sessions.begin() as session:
        return await sign_ins.confirms(session, actor.who, password)


async def _note(session: Session, user: User | None, attempt: SignInAttempt) -> None:
    """Write it into the log; what names nobody may be a password: not written."""
    known = user or await user_queries.find_user(session, attempt.username)
    if known is None:
        return
    actor = Actor(who=known.username, role=known.role, address=attempt.address)
    action = "sign-in" if user else "sign-in-failed"
    await audit.write(session, actor, action, f"users/{known.username}")


def must_add_factor(user: User, settings: Settings) -> bool:
    """Tell whether a user has to turn on the second factor first."""
    return settings.second_factor == "required" and not user.two_factor


def must_change(user: User, settings: Settings) -> bool:
    """Tell whether a user has to choose a new password first."""
    too_old = passwords.expired(user.renewed_at, passwords.rules_of(settings))
    return user.must_renew or too_old


def refuse_unready(user: User, settings: Settings) -> None:
    """Raise Forbidden, saying what to do, where a user has to do something first.

    What opens things asks this each time: a password ages under an open session.
    """
    if must_change(user, settings):
        raise Forbidden(
            "Change your password first: POST /v1/session/password, or the console."
        )
    if must_add_factor(user, settings):
        raise Forbidden("Turn on the second factor in the console first.")
