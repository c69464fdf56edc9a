"""Client systems: who may send what, with which key, from where."""

import secrets

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.names import refuse_code
from centre.audit.roles import ADMINS
from centre.clients import queries, secret_queries
from centre.clients.checks import check
from centre.clients.models import Client, ClientChanges, ClientDraft, NewClient
from centre.context import Context
from core.errors import Conflict
from db.pages import Page
from db.session import Session
from db.sql import lock


async def client(context: Context, code: str) -> Client:
    """Return a client; NotFound where there is none."""
    async with context.store.sessions() as session:
        return await queries.client(session, code)


async def list_clients(
    context: Context, cursor: str | None = None, limit: int = 100
) -> Page[Client]:
    """Return clients in the order of their codes."""
    async with context.store.sessions() as session:
        return await queries.list_clients(session, cursor, limit)


async def create_client(
    context: Context, draft: ClientDraft, actor: Actor
) -> NewClient:
    """Create a client with its first secret; Conflict if the code is taken."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return await add_client(session, draft, actor)


async def add_client(session: Session, draft: ClientDraft, actor: Actor) -> NewClient:
    """Create a client as a part of a larger change."""
    check(draft.cidrs, draft.callback)
    await lock(session, "clients")
    if await queries.find_client(session, draft.code) is not None:
        raise Conflict("There is already a client of this code.")
    await refuse_code(session, draft.code, actor)
    code = draft.code
    added = await queries.add_client(session, draft, f"ak_{secrets.token_hex(12)}")
    callback_secret = (
        await queries.renew_callback_secret(session, code) if draft.callback else None
    )
    _, appsecret = await secret_queries.issue(session, code)
    await audit.write(session, actor, "create", _target(code), None, _shown(added))
    return NewClient(
        client=added,
        appkey=added.appkey,
        appsecret=appsecret,
        callback_secret=callback_secret,
    )


async def update_client(
    context: Context, code: str, changes: ClientChanges, actor: Actor
) -> Client:
    """Change a client; disabling it or changing its scopes ends its tokens."""
    actor.must_be(*ADMINS)
    check(changes.cidrs, changes.callback)
    async with context.store.sessions.begin() as session:
        before = await queries.client(session, code)
        await queries.change_client(session, code, changes)
        after = await queries.client(session, code)
        if after.callback and not await queries.has_callback_secret(session, code):
            await queries.renew_callback_secret(session, code)
        if before.scopes != after.scopes or (before.enabled and not after.enabled):
            await queries.end_tokens(session, code)
            after = await queries.client(session, code)
        shown = _shown(before), _shown(after)
        await audit.write(session, actor, "update", _target(code), *shown)
        return after


async def rotate_callback_secret(context: Context, code: str, actor: Actor) -> str:
    """Give a client a new signing secret, shown this once."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await queries.client(session, code)
        secret = await queries.renew_callback_secret(session, code)
        await audit.write(session, actor, "rotate-callback-secret", _target(code))
        return secret


def _shown(client: Client) -> dict[str, object]:
    """Return what the audit log keeps of a client: not its appkey, nor its use."""
    shown = client.model_dump(mode="json", exclude={"appkey", "last_used_at"})
    for name in ("scopes", "message_types"):
        shown[name] = sorted(shown[name]) if shown[name] is not None else None
    return shown


def _target(code: str) -> str:
    return f"clients/{code}"
