"""Looking at accounts at the providers, and changing those that are kept here."""

from collections.abc import Mapping

from centre.accounts import fields as account_fields
from centre.accounts import queries as accounts
from centre.accounts import writes as account_writes
from centre.accounts.current_queries import (
    account_views,
    stored_view,
)
from centre.accounts.fields import Value, provider_of
from centre.accounts.health_queries import health_of_all
from centre.accounts.models import (
    AccountChanges,
    AccountDraft,
    AccountEntry,
    AccountState,
    AccountView,
    ByAccount,
    StoredAccount,
)
from centre.accounts.rules import named
from centre.accounts.traffic_writes import forget_traffic
from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.context import Context
from centre.providers.fallback import Source, fallback
from channels.provider import DEFAULT_CODE, of_channel
from core.errors import Conflict, NotFound
from core.words import Channel
from db.session import Session
from db.sql import lock

_LOCK = "provider-accounts"
_BESIDE = {"provider", "weight", "enabled", "max_concurrent", "per_second"}


async def account_view(
    context: Context, channel: Channel, code: str = DEFAULT_CODE
) -> AccountView:
    """Return one account as screens may show it.

    There need not be a first one: its source is "none" then. Another that there
    is not is NotFound.
    """
    async with context.store.sessions() as session:
        views = await account_views(session, context.settings, channel)
    if code == DEFAULT_CODE and code not in {view.code for view in views}:
        return AccountView(channel=channel, source="none")
    return named(views, code)


async def account_sources(context: Context) -> dict[Channel, Source]:
    """Return where the accounts are from of each channel that may have one."""
    async with context.store.sessions() as session:
        stored = {a.channel for a in await accounts.stored_accounts(session)}
    beneath, default_accounts = fallback(context.settings)
    found: dict[Channel, Source] = {}
    for channel in filter(account_fields.provider_names, Channel):
        held = beneath if of_channel(default_accounts, channel) else "none"
        found[channel] = "store" if channel in stored else held
    return found


async def signature_of(context: Context, channel: Channel) -> str:
    """Return what stands before each text of a channel, by the account that holds."""
    async with context.store.sessions() as session:
        views = await account_views(session, context.settings, channel)
    signatures = (view.values.get("sign_name") for view in views if view.enabled)
    return str(next(signatures, None) or "")


async def account_states(
    context: Context, channel: Channel
) -> tuple[AccountState, ...]:
    """Return a channel's accounts; NotFound where it has none at a provider."""
    async with context.store.sessions() as session:
        views = await account_views(session, context.settings, channel)
        health = await health_of_all(session, context.settings)
    return tuple(
        AccountState(**dict(view), health=health.get((channel, view.code)))
        for view in views
    )


async def account_state(context: Context, channel: Channel, code: str) -> AccountState:
    """Return one account of a channel; NotFound where there is none."""
    return named(await account_states(context, channel), code)


async def accounts_health(context: Context) -> ByAccount:
    """Return how every enabled account stands."""
    async with context.store.sessions() as session:
        return await health_of_all(session, context.settings)


async def set_account(
    context: Context, channel: Channel, given: Mapping[str, Value], actor: Actor
) -> AccountView:
    """Set the fields of a channel's first account; the rest of it stays.

    A secret left out stays as it was. Raises Invalid with every wrong field.
    """
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, _LOCK)
        old = await accounts.stored_account(session, channel, DEFAULT_CODE)
        beside = old.model_dump(include=_BESIDE) if old else {}
        draft = AccountDraft.model_construct(**beside, values=dict(given))
        entry = _entry(channel, DEFAULT_CODE, old, draft, at="")
        return await _keep(session, entry, actor)


async def put_account(
    context: Context, channel: Channel, code: str, draft: AccountDraft, actor: Actor
) -> AccountView:
    """Keep an account here, a new one or in place of the one of this code.

    Raises Invalid with every wrong field.
    """
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, _LOCK)
        old = await accounts.stored_account(session, channel, code)
        entry = _entry(channel, code, old, draft)
        return await _keep(session, entry, actor)


async def add_account(
    context: Context, channel: Channel, code: str, draft: AccountDraft, actor: Actor
) -> AccountView:
    """Keep a new account; Conflict where one of this code is kept here."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, _LOCK)
        if await accounts.stored_account(session, channel, code) is not None:
            raise Conflict("There is already an account of this code.")
        return await _keep(session, _entry(channel, code, None, draft), actor)


async def change_account(
    context: Context,
    channel: Channel,
    code: str,
    changes: AccountChanges,
    actor: Actor,
) -> AccountView:
    """Change an account that is kept here; its provider stays."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, _LOCK)
        old = await accounts.stored_account(session, channel, code)
        if old is None:
            raise _not_kept()
        entry = _entry(channel, code, old, _changed(old, changes))
        return await _keep(session, entry, actor)


async def remove_account(
    context: Context, channel: Channel, code: str, actor: Actor
) -> None:
    """Forget an account that is kept here, and what was taken from its share."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, _LOCK)
        if not await account_writes.drop_account(session, channel, code):
            raise _not_kept()
        await audit.write(session, actor, "drop-account", _target(channel, code))
        await forget_traffic(session, channel, code)


def _not_kept() -> NotFound:
    return NotFound("No such account of this channel is kept here.")


def _changed(old: StoredAccount, changes: AccountChanges) -> AccountDraft:
    given = changes.model_dump(exclude_unset=True, exclude={"values"})
    model = provider_of(old.channel, old.provider).account
    secret = {f.name for f in account_fields.fields_of(model) if f.secret}
    standing = {k: v for k, v in old.values.items() if k not in secret}
    return AccountDraft.model_construct(
        **old.model_dump(include=_BESIDE) | given, values=standing | changes.values
    )


def _entry(
    channel: Channel,
    code: str,
    old: StoredAccount | None,
    draft: AccountDraft,
    *,
    at: str = "/values",
) -> AccountEntry:
    """Return the account that a draft makes; Invalid with every wrong field.

    Pointers to the fields begin with `at`.
    """
    provider = provider_of(channel, draft.provider)
    same = old is not None and old.provider == provider.name
    values = account_fields.with_kept_secrets(
        provider.account, draft.values, old.values if old and same else {}, at
    )
    account = account_fields.validated(provider.account, values, at)
    return AccountEntry(
        **draft.model_dump(include=_BESIDE - {"provider"}),
        channel=channel,
        code=code,
        provider=provider.name,
        values=account_fields.plain(account),
    )


async def _keep(session: Session, entry: AccountEntry, actor: Actor) -> AccountView:
    """Write an account; the audit log keeps what is no secret of it."""
    stored = await account_writes.put_account(session, entry, actor.who)
    view = stored_view(stored)
    shown = entry.model_dump(mode="json", exclude={"values", "channel", "code"})
    target = _target(entry.channel, entry.code)
    after = shown | view.values
    await audit.write(session, actor, "set-account", target, None, after)
    return view


def _target(channel: Channel, code: str) -> str:
    account = "account" if code == DEFAULT_CODE else f"accounts/{code}"
    return f"channels/{channel}/{account}"
