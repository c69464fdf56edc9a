"""The address where each account's provider reports, and who is calling there.

An address is derived from the centre's keys, so that nothing secret is kept: the
same account has the same one until an administrator renews it.
"""

import hmac
from dataclasses import dataclass

from pydantic import Field, SecretStr

from centre.accounts.current_queries import current_accounts
from centre.audit import audit
from centre.audit.audit import Actor
from centre.providers.fallback import fallback
from centre.receipts import queries as receipts
from channels.provider import DEFAULT_CODE, Account
from channels.receipt_formats import FORMATS, reporting
from channels.receipts import ReceiptFormat, ReceiptKeys
from core.base import Model
from core.crypto import Keyring
from core.errors import NotFound
from core.sandbox_keys import AES_KEY
from core.settings import Settings
from core.words import Channel
from db.session import Session
from db.sql import keyring_of

_AES_KEY_LENGTH = 43


class ReceiptAddress(Model):
    """What an administrator enters at a provider, for one account.

    `token` and `aes_key` are asked for by WeChat and WeCom only.
    """

    channel: Channel
    account: str
    provider: str
    url: str = Field(repr=False)
    token: str = Field(repr=False)
    aes_key: str = Field(repr=False)


@dataclass(frozen=True)
class _Reporter:
    """An account whose provider calls us."""

    account: Account
    keys: ReceiptKeys


@dataclass(frozen=True)
class Reporter:
    """Who calls at an address, and how it speaks."""

    account: str
    format: ReceiptFormat


async def addresses(
    session: Session, settings: Settings, channel: Channel
) -> tuple[ReceiptAddress, ...]:
    """Return the addresses of a channel's accounts whose providers call us."""
    return tuple(
        ReceiptAddress(
            channel=channel,
            account=found.account.code,
            provider=found.account.provider,
            url=f"{settings.base_url}/v1/receipts/{channel}/{found.keys.secret}",
            token=found.keys.token.get_secret_value(),
            aes_key=found.keys.aes_key.get_secret_value(),
        )
        for found in await _reporters(session, settings)
        if found.account.channel is channel
    )


def reports(channel: Channel) -> bool:
    """Tell whether a provider of this channel calls us at all."""
    return any(format.channel is channel for format in FORMATS)


async def shown(
    session: Session, settings: Settings, channel: Channel, actor: Actor
) -> tuple[ReceiptAddress, ...]:
    """Return the same to a person; that they looked is kept."""
    found = await addresses(session, settings, channel)
    await audit.write(session, actor, "look", f"channels/{channel}/receipts")
    return found


async def renew(
    session: Session,
    settings: Settings,
    channel: Channel,
    account: str,
    actor: Actor,
) -> ReceiptAddress:
    """Give an account another address; calls to the old one are refused at once."""
    known = {a.account for a in await addresses(session, settings, channel)}
    if account not in known:
        raise NotFound("This channel has no such account.")
    await receipts.renew(session, channel, account, actor)
    renewed = await addresses(session, settings, channel)
    return next(a for a in renewed if a.account == account)


async def reporter(
    session: Session, settings: Settings, channel: str, secret: str
) -> Reporter | None:
    """Return who calls at an address, None for nobody.

    Every account is compared with, in constant time, whatever the channel: how
    long it takes tells nothing.
    """
    given = secret.encode()
    found = None
    for one in await _reporters(session, settings):
        same = hmac.compare_digest(given, one.keys.secret.encode())
        if same and one.account.channel == channel:
            found = one
    if found is None:
        return None
    account = found.account
    how = reporting(account.channel, account.provider)
    assert how is not None
    return Reporter(account.code, how.format(account.values, found.keys))


async def _reporters(session: Session, settings: Settings) -> tuple[_Reporter, ...]:
    """Return every account whose provider calls us, whether it sends now or not."""
    source, under = fallback(settings)
    changed = await receipts.generations(session)
    found = []
    for account in await current_accounts(session, under, _calls_us):
        if source == "sandbox" and account in under:
            keys = sandbox_keys(account.code)
        else:
            place = (account.channel, account.code)
            keys = receipt_keys(keyring_of(session), *place, changed.get(place, 0))
        found.append(_Reporter(account, keys))
    return tuple(found)


async def forgeable(session: Session, settings: Settings) -> tuple[Channel, ...]:
    """Return the channels whose receipts anybody on the network could write.

    Where the sandbox's accounts hold, its secrets do, which everybody knows.
    """
    source, under = fallback(settings)
    if source != "sandbox" or settings.is_local:
        return ()
    now = await current_accounts(session, under, _calls_us)
    return tuple(sorted({account.channel for account in now if account in under}))


def _calls_us(channel: Channel, provider: str) -> bool:
    return reporting(channel, provider) is not None


def sandbox_keys(account: str) -> ReceiptKeys:
    """Return what the sandbox calls and signs with, in every installation."""
    own = "" if account == DEFAULT_CODE else f"-{account}"
    secret = f"sandbox-secret{own}"
    return ReceiptKeys(
        secret=secret, token=SecretStr(secret), aes_key=SecretStr(AES_KEY)
    )


def receipt_keys(
    keyring: Keyring, channel: Channel, account: str, generation: int
) -> ReceiptKeys:
    """Return an account's keys; letters and digits only, as WeChat wants them."""
    name = f"{channel}:{account}:{generation}"
    return ReceiptKeys(
        secret=keyring.index("receipt-address", name)[:32],
        token=SecretStr(keyring.index("receipt-token", name)[:32]),
        aes_key=SecretStr(keyring.index("receipt-aes-key", name)[:_AES_KEY_LENGTH]),
    )
