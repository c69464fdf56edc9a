"""The appsecrets of clients: listed, rotated with an overlap, revoked."""

from datetime import timedelta
from uuid import UUID

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.clients import queries as clients
from centre.clients import secret_queries
from centre.clients.models import NewSecret, SecretInfo
from centre.context import Context
from core.clock import utc_now
from core.errors import FieldError, Invalid, NotFound

LONGEST_OVERLAP = timedelta(days=30)
LONGEST_OVERLAP_HOURS = LONGEST_OVERLAP // timedelta(hours=1)


async def secrets_of(context: Context, code: str) -> tuple[SecretInfo, ...]:
    """Return a client's secrets, the oldest first, without the secrets."""
    async with context.store.sessions() as session:
        await clients.client(session, code)
        return await secret_queries.secrets_of(session, code)


def overlap_of(hours: float) -> timedelta:
    """Return so many hours; Invalid where an overlap can't be as long."""
    if not 0 <= hours <= LONGEST_OVERLAP_HOURS:
        raise _no_overlap()
    return timedelta(hours=hours)


async def rotate_secret(
    context: Context, code: str, actor: Actor, overlap: timedelta
) -> NewSecret:
    """Issue a further secret; older ones and their tokens work for the overlap.

    Invalid where that is negative or longer than 30 days.
    """
    actor.must_be(*ADMINS)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise _no_overlap()
    async with context.store.sessions.begin() as session:
        client = await clients.client(session, code)
        old_expire_at = utc_now() + overlap
        await secret_queries.end_by(session, code, old_expire_at)
        secret_id, secret = await secret_queries.issue(session, code)
        after = {"id": str(secret_id), "old_expire_at": old_expire_at.isoformat()}
        target = f"clients/{code}/secrets"
        await audit.write(session, actor, "rotate-secret", target, None, after)
        return NewSecret(
            id=secret_id,
            appkey=client.appkey,
            appsecret=secret,
            old_expire_at=old_expire_at,
        )


async def revoke_secret(
    context: Context, code: str, secret_id: UUID, actor: Actor
) -> None:
    """End a secret now, and every token of the client."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await clients.client(session, code)
        secret = await secret_queries.find_secret(session, code, secret_id)
        if secret is None:
            raise NotFound("This client has no such secret.")
        if secret.revoked_at is not None:
            return
        await secret_queries.revoke(session, secret_id)
        await clients.end_tokens(session, code)
        target = f"clients/{code}/secrets/{secret_id}"
        await audit.write(session, actor, "revoke-secret", target)


def _no_overlap() -> Invalid:
    field_error = FieldError("/overlap_hours", "From 0 to 720 hours.")
    return Invalid("The overlap was refused; see `errors`.", [field_error])
