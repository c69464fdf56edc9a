"""The address where each account's provider reports, and who is calling there."""

import hmac
from dataclasses import dataclass

from centre.accounts.current_queries import current_accounts
from centre.accounts.rules import no_such_account
from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.context import Context
from centre.providers.fallback import fallback
from centre.receipts import writes as receipt_writes
from centre.receipts.address_queries import addresses, calls_us, reporting_accounts
from centre.receipts.models import ReceiptAddress
from channels.receipt_formats import FORMATS, reporting
from channels.receipts import ReceiptFormat
from core.words import Channel
from db.session import Session
from db.sql import lock


@dataclass(frozen=True)
class Reporter:
    """Who calls at an address, and how it speaks."""

    account: str
    format: ReceiptFormat


def reports(channel: Channel) -> bool:
    """Tell whether a provider of this channel calls us at all."""
    return any(format.channel is channel for format in FORMATS)


async def receipt_addresses(
    context: Context, channel: Channel, actor: Actor
) -> tuple[ReceiptAddress, ...]:
    """Return the addresses of a channel's accounts; that somebody looked is kept."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        found = await addresses(session, context.settings, channel)
        await audit.write(session, actor, "look", f"channels/{channel}/receipts")
    return found


async def renew_receipt_address(
    context: Context, channel: Channel, account: str, actor: Actor
) -> ReceiptAddress:
    """Give an account another address; calls to the old one are refused at once."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, "receipt-addresses")
        await _address(context, session, channel, account)
        await receipt_writes.renew(session, channel, account, actor.who)
        target = f"channels/{channel}/accounts/{account}/receipts"
        await audit.write(session, actor, "renew-receipt-address", target)
        return await _address(context, session, channel, account)


async def _address(
    context: Context, session: Session, channel: Channel, account: str
) -> ReceiptAddress:
    for address in await addresses(session, context.settings, channel):
        if address.account == account:
            return address
    raise no_such_account()


async def reporter(context: Context, channel: str, secret: str) -> Reporter | None:
    """Return who calls at an address, None for nobody.

    Every account is compared with, in constant time, whatever the channel: how
    long it takes tells nothing.
    """
    async with context.store.sessions() as session:
        known = await reporting_accounts(session, context.settings)
    given, found = secret.encode(), None
    for one in known:
        same = hmac.compare_digest(given, one.keys.secret.encode())
        if same and one.account.channel == channel:
            found = one
    if found is None:
        return None
    account = found.account
    how = reporting(account.channel, account.provider)
    assert how is not None
    return Reporter(account.code, how.format(account.values, found.keys))


async def forgeable(context: Context) -> tuple[Channel, ...]:
    """Return the channels whose receipts anybody on the network could write.

    Where the sandbox's accounts hold, its secrets do, which everybody knows.
    """
    source, default_accounts = fallback(context.settings)
    if source != "sandbox" or context.settings.is_local:
        return ()
    async with context.store.sessions() as session:
        now = await current_accounts(session, default_accounts, calls_us)
    return tuple(
        sorted({account.channel for account in now if account in default_accounts})
    )
