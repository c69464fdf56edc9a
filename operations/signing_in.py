"""Signing a person in: what the API's tokens and the console share."""

import asyncio
from contextlib import AbstractAsyncContextManager

from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import Unauthenticated
from core.models import Model
from core.settings import Settings
from store import Store, audit, passwords, sign_ins, users
from store.audit import Actor
from store.passwords import PasswordRules
from store.users import User

# The answer to a wrong password comes later and later: 0.1 s, 0.2 s … 1.6 s.
_FIRST_DELAY = 0.1
_MOST_DOUBLINGS = 4


class Attempt(Model):
    """What somebody gave to sign in, and where from."""

    username: str = Field(repr=False)
    password: str = Field(repr=False)
    code: str | None = Field(default=None, repr=False)
    address: str | None = None


async def sign_in(
    store: Store, gate: AbstractAsyncContextManager[None], attempt: Attempt
) -> User:
    """Return the user; Unauthenticated where name, password or code is wrong.

    Raises sign_ins.CodeNeeded and TooManyRequests as `sign_ins.verify` does.
    The log has every sign-in, and every failure of a name that exists.
    """
    async with gate, store.sessions.begin() as session:
        user = await sign_ins.verify(
            session,
            attempt.username,
            attempt.password,
            attempt.code,
            attempt.address,
        )
        await _note(session, user, attempt)
        failures = await sign_ins.failures_of(session, attempt.username)
    if user is None:
        doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
        await asyncio.sleep(_FIRST_DELAY * 2**doublings)
        raise Unauthenticated("User name, password or code is wrong.")
    return user


async def _note(session: AsyncSession, user: User | None, attempt: Attempt) -> None:
    """Write it into the log; what names nobody may be a password: not written."""
    known = user or await users.find_user(session, attempt.username)
    if known is None:
        return
    actor = Actor(who=known.username, role=known.role, address=attempt.address)
    action = "sign-in" if user else "sign-in-failed"
    await audit.write(session, actor, action, f"users/{known.username}")


def rules_of(settings: Settings) -> PasswordRules:
    """Return the installation's rules for passwords."""
    days, history = settings.password_days, settings.password_history
    return PasswordRules(days=days, history=history)


def must_add_factor(user: User, settings: Settings) -> bool:
    """Tell whether a user has to turn on the second factor first."""
    return settings.second_factor == "required" and not user.two_factor


def must_change(user: User, settings: Settings) -> bool:
    """Tell whether a user has to choose a new password first."""
    too_old = passwords.expired(user.renewed_at, rules_of(settings))
    return user.must_renew or too_old
