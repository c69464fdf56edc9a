"""The second factor of people: turned on, turned off, its recovery codes renewed."""

from centre.access import factor_queries, one_time_codes
from centre.access.sign_in import confirms
from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.context import Context
from core.clock import utc_now
from core.errors import Conflict, FieldError, Invalid
from db.session import Session


async def turn_on(
    context: Context, secret: str, code: str, actor: Actor
) -> tuple[str, ...]:
    """Turn one's own on once the app's code is right; return the recovery codes."""
    username, step = actor.who, one_time_codes.step_of(secret, code, utc_now())
    if step is None:
        detail = "This is not the app's current code."
        raise Invalid("The code was refused.", [FieldError("/code", detail)])
    async with context.store.sessions.begin() as session:
        await factor_queries.put_secret(session, username, secret, step)
        codes = await one_time_codes.renew_codes(session, username)
        await audit.write(session, actor, "turn-on-two-factor", _target(username))
    return codes


async def turn_off(context: Context, username: str, actor: Actor) -> None:
    """Turn it off for somebody who has lost phone and recovery codes."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await _turn_off(session, username, actor)


async def turn_own_off(context: Context, password: str, actor: Actor) -> bool:
    """Turn one's own off; False where the password is wrong.

    Conflict where the hospital has everybody use it.
    """
    if context.settings.second_factor != "optional":
        raise Conflict("The second factor is required here.")
    if not await confirms(context, password, actor):
        return False
    async with context.store.sessions.begin() as session:
        await _turn_off(session, actor.who, actor)
    return True


async def _turn_off(session: Session, username: str, actor: Actor) -> None:
    await factor_queries.put_secret(session, username, None, None)
    await factor_queries.put_codes(session, username, ())
    await audit.write(session, actor, "turn-off-two-factor", _target(username))


async def renew_codes(context: Context, actor: Actor) -> tuple[str, ...]:
    """Return new recovery codes of one's own; the old ones end."""
    async with context.store.sessions.begin() as session:
        codes = await one_time_codes.renew_codes(session, actor.who)
        await audit.write(session, actor, "renew-recovery-codes", _target(actor.who))
    return codes


async def codes_left(context: Context, actor: Actor) -> int:
    """Return how many recovery codes one still has."""
    async with context.store.sessions() as session:
        return await factor_queries.codes_left(session, actor.who)


def _target(username: str) -> str:
    return f"users/{username}"
