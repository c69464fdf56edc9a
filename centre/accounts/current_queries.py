"""The accounts that hold now: the store's before the file's before the sandbox's.

For each channel the first of these that has accounts of it is taken whole.
"""

from collections.abc import Callable

import structlog
from pydantic import ValidationError

from centre.accounts import fields as account_fields
from centre.accounts import queries as accounts
from centre.accounts.fields import provider_of
from centre.accounts.models import AccountView, StoredAccount
from centre.providers.fallback import Source, fallback
from channels.provider import Account, Accounts, of_channel
from channels.registry import find_provider
from core.base import evolve
from core.settings import Settings
from core.words import Channel
from db.session import Session

Wanted = Callable[[Channel, str], bool]

log = structlog.get_logger("accounts")


def _every(channel: Channel, provider: str) -> bool:
    """Want the account of each provider."""
    return True


async def current_accounts(
    session: Session, default_accounts: Accounts, wanted: Wanted = _every
) -> Accounts:
    """Return what holds now: a channel's accounts here, else those given.

    `wanted` leaves out providers that a caller has no use for: reading a key
    (Alipay's) may take a tenth of a second.
    """
    stored = await accounts.stored_accounts(session)
    ours = {account.channel for account in stored}
    read = (_read(a) for a in stored if wanted(a.channel, a.provider))
    rest = (
        a
        for a in default_accounts
        if a.channel not in ours and wanted(a.channel, a.provider)
    )
    return (*rest, *(account for account in read if account is not None))


def _read(found: StoredAccount) -> Account | None:
    """Return a stored account; None, and it rests, where it can't be read."""
    provider = find_provider(found.channel, found.provider)
    try:
        if provider is not None:
            values = provider.account.model_validate(found.values)
            beside = found.model_dump(exclude={"values", "set_by", "set_at"})
            return Account(**beside, values=values)
    except ValidationError:
        pass
    log.error("account.unreadable", channel=str(found.channel), account=found.code)
    return None


async def account_views(
    session: Session, settings: Settings, channel: Channel
) -> tuple[AccountView, ...]:
    """Return a channel's accounts as screens may show them.

    NotFound where the channel has none at a provider.
    """
    provider_of(channel)
    stored = await accounts.stored_accounts(session, channel)
    if stored:
        return tuple(map(stored_view, stored))
    source, default_accounts = fallback(settings)
    return tuple(
        _view(account, source) for account in of_channel(default_accounts, channel)
    )


def stored_view(stored: StoredAccount) -> AccountView:
    """Return an account that is kept here as screens may show it."""
    account = _read(stored)
    if account is None:
        beside = stored.model_dump(exclude={"values"})
        return AccountView(**beside, source="store")
    view = _view(account, "store")
    return evolve(view, set_by=stored.set_by, set_at=stored.set_at)


def _view(account: Account, source: Source) -> AccountView:
    return AccountView(
        **account.model_dump(exclude={"values"}),
        source=source,
        values=account_fields.public_fields(account.values),
        secrets_set=account_fields.secrets_set(account.values),
    )
