"""Who is signed in at the console, from the first page to the last."""

from collections.abc import Sequence
from datetime import timedelta

from centre.access import session_queries
from centre.access.contracts import User
from centre.audit import audit
from centre.audit.audit import Actor
from centre.context import Context


async def begin(context: Context, user: User, address: str | None) -> str:
    """Open a session for who has just signed in; return its token."""
    async with context.store.sessions.begin() as session:
        return await session_queries.begin(session, user, address)


async def visitor(context: Context, token: str, *, at_work: bool) -> User | None:
    """Return the user of a session that holds; `at_work` keeps it from idling out."""
    user = (await visitors(context, [token])).get(token)
    if user is not None and at_work:
        async with context.store.sessions.begin() as session:
            await session_queries.note_activity(session, token, _idle(context))
    return user


async def visitors(context: Context, tokens: Sequence[str]) -> dict[str, User]:
    """Return the users of these sessions, of those that hold."""
    async with context.store.sessions() as session:
        return await session_queries.visitors(session, tokens, _idle(context))


async def sign_out(context: Context, token: str, actor: Actor) -> None:
    """End one session; every tab of it notices."""
    async with context.store.sessions.begin() as session:
        await session_queries.end(session, token)
        await audit.write(session, actor, "sign-out", f"users/{actor.who}")


def _idle(context: Context) -> timedelta:
    """Return how long nothing may happen before a session ends."""
    return timedelta(minutes=context.settings.console_idle_minutes)
