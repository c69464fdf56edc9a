"""Who a client system is: by its secret, and by a token that it was given."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from centre.clients import queries
from centre.clients.models import Authenticated, Client
from centre.context import Context
from core.clock import utc_now
from core.errors import Unavailable

# A busy client fetches many tokens; one write a minute tells enough.
_EVERY = timedelta(minutes=1)


async def authenticate(
    context: Context, appkey: str, appsecret: str
) -> Authenticated | None:
    """Return the enabled client whose live secret this is."""
    async with context.store.sessions() as session:
        return await queries.authenticate(session, appkey, appsecret)


async def holder_of_token(
    context: Context, code: str, epoch: int, secret_id: UUID | None
) -> Client | None:
    """Return whose token this is: an enabled client, its secret still at work."""
    async with context.store.autocommit() as session:
        return await queries.holder_of_token(session, code, epoch, secret_id)


async def note_use(
    context: Context, client: Client, now: datetime | None = None
) -> None:
    """Note when a client was here; a store that can't must not keep it out."""
    now = now or utc_now()
    last = client.last_used_at
    if last is not None and now - last < _EVERY:
        return
    with suppress(Unavailable):
        async with context.store.sessions.begin() as session:
            await queries.note_use(session, client.code, now, _EVERY)
