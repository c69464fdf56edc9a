"""The senders of the accounts that hold now; a change takes no restart."""

import asyncio
from datetime import datetime

import structlog

from centre.accounts.current_queries import current_accounts
from centre.accounts.routing_queries import rules_in_force
from centre.accounts.traffic_queries import deductions
from centre.accounts.traffic_writes import put_open
from centre.workstations import inbox_queries as inbox
from channels.base import Closing, Sending
from channels.breaker import Breaker
from channels.hospital.inbox import InboxSender
from channels.hospital.socket import SocketSender
from channels.provider import Account, Accounts, Tools
from channels.registry import open_sender
from channels.router import Route, Router
from core.traffic_shares import RoutingRules
from core.words import Channel
from db.session import Session
from db.store import Store

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
                expires_at=sending.expires_at,
            )


class LiveChannels:
    """The accounts in use, as a router; an account that stays keeps its sender.

    A kept sender keeps its access token, its slots and its calls under way.
    """

    def __init__(
        self,
        tools: Tools,
        default_accounts: Accounts,
        rules: RoutingRules | None = None,
    ) -> None:
        self._tools = tools
        self._under = default_accounts
        self._rules = self._start = rules or RoutingRules()
        self._own = [Route(InboxSender(tools.deposit))]
        if tools.popups:
            self._own.append(Route(SocketSender(tools.popups, lambda: None)))
        self._routes: dict[tuple[Channel, str], Route] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._told: dict[tuple[Channel, str], datetime | None] = {}
        self.router = Router()
        self.use(default_accounts)

    async def follow(self, session: Session) -> None:
        """Send by what the store holds now, over the accounts of the start."""
        self._go_by((await rules_in_force(session, self._start)).rules)
        self.use(await current_accounts(session, self._under))
        self.router.weigh(await deductions(session))

    async def tell(self, store: Store) -> None:
        """Write down which breakers opened or closed since this was last done."""
        now = {key: route.breaker.open_until for key, route in self._routes.items()}
        changed = {k: at for k, at in now.items() if at != self._told.get(k)}
        if changed:
            async with store.sessions.begin() as session:
                for (channel, code), until in changed.items():
                    await put_open(session, channel, code, until)
            self._told |= changed

    def _go_by(self, rules: RoutingRules) -> None:
        """Open and close the breakers by these rules from now on."""
        self._rules = rules
        for route in self._routes.values():
            route.breaker.rules = rules

    def use(self, accounts: Accounts) -> None:
        """Send by these accounts from now on."""
        wanted = {(a.channel, a.code): a for a in accounts if a.enabled}
        for key, route in list(self._routes.items()):
            if wanted.get(key) != route.account:
                self._leave(self._routes.pop(key))
        for key in wanted.keys() - self._routes.keys():
            self._take(wanted[key])
        # Our own workstations need no gateway; one that there is knows them too.
        taken = {channel for channel, _ in self._routes}
        own = [route for route in self._own if route.sender.channel not in taken]
        self.router.use([*own, *self._routes.values()])

    def _take(self, account: Account) -> None:
        name = {"channel": account.channel.value, "account": account.code}
        try:
            sender = open_sender(account, self._tools)
        except (OSError, ValueError, LookupError) as error:
            # A certificate's file that is not there must not stop the others.
            log.error("account.unusable", **name, error=type(error).__name__)
            return
        breaker = Breaker(self._rules, self._tools.clock)
        self._routes[account.channel, account.code] = Route(sender, account, breaker)
        log.info("account.taken", **name)

    def _leave(self, route: Route) -> None:
        """Close a sender that is no longer used, once its last call is over."""
        if isinstance(route.sender, Closing):
            closing = asyncio.create_task(_closed(route, route.sender))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every sender, once its last call is over."""
        for route in self._routes.values():
            self._leave(route)
        await asyncio.gather(*self._closing)


async def _closed(route: Route, sender: Closing) -> None:
    await route.idle()
    await sender.aclose()
