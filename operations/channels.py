"""The senders of the accounts that hold now; a change takes no restart."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from channels import open_sender
from channels.base import Closing, Sender, Sending
from channels.http import LONGEST_SEND
from channels.inbox import InboxSender
from channels.provider import Account, Accounts, Tools
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


@dataclass(frozen=True)
class _Open:
    account: Account
    sender: Sender


class LiveChannels(Mapping[Channel, Sender]):
    """A sender per channel with an account; one whose account stays is kept.

    A kept sender keeps its access token, its slots and its calls under way. Of
    several accounts of a channel the heaviest sends.
    """

    def __init__(self, tools: Tools, under: Accounts) -> None:
        self._tools = tools
        self._under = under
        self._open: dict[tuple[Channel, str], _Open] = {}
        self._inbox = InboxSender(tools.deposit)
        self._senders: dict[Channel, Sender] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.use(under)

    async def follow(self, session: AsyncSession) -> None:
        """Send by what the store holds now, over the accounts of the start."""
        self.use(await current_accounts(session, self._under))

    def use(self, accounts: Accounts) -> None:
        """Send by these accounts from now on."""
        wanted = {(a.channel, a.code): a for a in accounts if a.enabled}
        for key, opened in list(self._open.items()):
            if wanted.get(key) != opened.account:
                self._leave(self._open.pop(key).sender)
        for key in wanted.keys() - self._open.keys():
            self._take(wanted[key])
        by_weight = sorted(self._open.values(), key=lambda o: o.account.weight)
        senders: dict[Channel, Sender] = {Channel.INBOX: self._inbox}
        self._senders = senders | {o.account.channel: o.sender for o in by_weight}

    def _take(self, account: Account) -> None:
        name = {"channel": account.channel.value, "account": account.code}
        try:
            sender = open_sender(account, self._tools)
        except (OSError, ValueError, LookupError) as error:
            # A certificate's file that is not there must not stop the others.
            log.error("account.unusable", **name, error=type(error).__name__)
            return
        self._open[account.channel, account.code] = _Open(account, sender)
        log.info("account.taken", **name)

    def _leave(self, sender: Sender) -> None:
        """Close a sender that is no longer used, once its last call is over."""
        if isinstance(sender, Closing):
            closing = asyncio.create_task(_closed_later(sender))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every sender; no call is under way any more."""
        for closing in self._closing:
            closing.cancel()
        for opened in self._open.values():
            if isinstance(opened.sender, Closing):
                await opened.sender.aclose()

    def __getitem__(self, channel: Channel) -> Sender:
        return self._senders[channel]

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._senders)

    def __len__(self) -> int:
        return len(self._senders)


async def _closed_later(sender: Closing) -> None:
    try:
        await asyncio.sleep(LONGEST_SEND.total_seconds())
    finally:
        await sender.aclose()
