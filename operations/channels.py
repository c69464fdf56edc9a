"""The senders of the accounts that hold now; a change takes no restart."""

from collections.abc import Iterator, Mapping

import httpx
import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from channels import open_channels
from channels.accounts import Accounts
from channels.base import Sender, Sending
from channels.inbox import Deposit
from core.words import Channel
from operations.accounts import current_accounts
from store import Store, inbox

log = structlog.get_logger("channels")


class InboxShelf:
    """The centre's own inbox, as its channel sees it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, sending: Sending) -> None:
        async with self._store.sessions.begin() as session:
            await inbox.deposit(
                session,
                delivery_id=sending.id,
                message_id=sending.message_id,
                owner=sending.address,
                title=sending.content.title,
                body=sending.content.body,
                link=sending.content.link,
            )


class LiveChannels(Mapping[Channel, Sender]):
    """A sender per channel with an account; one whose account stays is kept.

    A kept sender keeps its access token, its slots and its calls under way.
    """

    def __init__(
        self, http: httpx.AsyncClient, deposit: Deposit, under: Accounts
    ) -> None:
        self._http = http
        self._deposit = deposit
        self._under = under
        self._accounts = Accounts()
        self._senders = dict(open_channels(Accounts(), http, deposit))
        self.use(under)

    async def follow(self, session: AsyncSession) -> None:
        """Send by what the store holds now, over the accounts of the start."""
        self.use(await current_accounts(session, self._under))

    def use(self, accounts: Accounts) -> None:
        """Send by these accounts from now on."""
        for name in Accounts.model_fields:
            account = getattr(accounts, name)
            if account != getattr(self._accounts, name):
                self._replace(Channel(name), Accounts.model_validate({name: account}))
        self._accounts = accounts

    def _replace(self, channel: Channel, only: Accounts) -> None:
        try:
            opened = open_channels(only, self._http, self._deposit)
        except (OSError, ValueError) as error:
            # A certificate's file that is not there must not stop the others.
            log.error("account.unusable", channel=channel, error=type(error).__name__)
            opened = {}
        if channel in opened:
            self._senders[channel] = opened[channel]
        else:
            self._senders.pop(channel, None)
        log.info("account.taken", channel=channel, served=channel in self._senders)

    def __getitem__(self, channel: Channel) -> Sender:
        return self._senders[channel]

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._senders)

    def __len__(self) -> int:
        return len(self._senders)
