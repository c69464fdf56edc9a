"""Where each account's provider reports, derived from the centre's keys.

Nothing secret is kept: the same account has the same address until it is renewed.
"""

from dataclasses import dataclass

from pydantic import SecretStr

from centre.accounts.current_queries import current_accounts
from centre.providers.fallback import fallback
from centre.receipts import queries as receipts
from centre.receipts.models import ReceiptAddress
from channels.provider import DEFAULT_CODE, Account
from channels.receipt_formats import reporting
from channels.receipts import ReceiptKeys
from core.crypto import Keyring
from core.sandbox_keys import AES_KEY
from core.settings import Settings
from core.words import Channel
from db.session import Session
from db.sql import keyring_of

_AES_KEY_LENGTH = 43


@dataclass(frozen=True)
class Reporting:
    """An account whose provider calls us."""

    account: Account
    keys: ReceiptKeys


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
        for found in await reporting_accounts(session, settings)
        if found.account.channel is channel
    )


async def reporting_accounts(
    session: Session, settings: Settings
) -> tuple[Reporting, ...]:
    """Return every account whose provider calls us, whether it sends now or not."""
    source, default_accounts = fallback(settings)
    changed = await receipts.generations(session)
    found = []
    for account in await current_accounts(session, default_accounts, calls_us):
        if source == "sandbox" and account in default_accounts:
            keys = sandbox_keys(account.code)
        else:
            place = (account.channel, account.code)
            keys = receipt_keys(keyring_of(session), *place, changed.get(place, 0))
        found.append(Reporting(account, keys))
    return tuple(found)


def calls_us(channel: Channel, provider: str) -> bool:
    """Tell whether a provider reports to us."""
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
