"""Access tokens: fetched by one, used by all, renewed before they end."""

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from channels.kit.codes import refusal
from channels.kit.times import Clock
from core.clock import utc_now
from core.errors import DeliveryError, ProviderDown

# WeChat and WeCom hand out a new token in the last minutes of the old one,
# which stays good until its end.
AHEAD = timedelta(minutes=5)
# Near its end WeCom may give the same token again: not asked for every send.
AT_MOST_EVERY = timedelta(minutes=1)
AFTER_FAILURE = timedelta(seconds=30)
# WeChat takes a forced refresh 20 times a day and 30 s apart
# (stable_token, force_refresh).
FORCE_APART = timedelta(seconds=30)
WAIT_SECONDS = 4.0
# While another process refreshes, this is how often we look whether it has.
_LOOK_EVERY = 0.05


@dataclass(frozen=True, repr=False)
class Token:
    """An access token: when to renew it, and when it ends.

    `instead_at`: when it was fetched, if the provider had refused the one before.
    """

    value: str
    renew_at: datetime
    expires_at: datetime
    instead_at: datetime | None = None


def new_token(value: str, expires_in: int, now: datetime) -> Token:
    """Return a token just fetched."""
    expires_at = now + timedelta(seconds=expires_in)
    soonest = min(now + AT_MOST_EVERY, expires_at)
    return Token(value, max(expires_at - AHEAD, soonest), expires_at)


class TokenStore(Protocol):
    """Keeps the token of each account; processes may share one store."""

    async def get(self, account: str) -> Token | None: ...

    async def put(self, account: str, token: Token) -> None: ...

    async def take_turn(self, account: str) -> bool:
        """Take the turn to refresh; False while another process has it."""
        ...

    async def end_turn(self, account: str) -> None: ...


class MemoryTokenStore:
    """Keeps tokens in this process."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._turns: set[str] = set()

    async def get(self, account: str) -> Token | None:
        """Return the account's token, if one was kept."""
        return self._tokens.get(account)

    async def put(self, account: str, token: Token) -> None:
        """Keep the account's token."""
        self._tokens[account] = token

    async def take_turn(self, account: str) -> bool:
        """Take the turn to refresh, unless somebody has it."""
        if account in self._turns:
            return False
        self._turns.add(account)
        return True

    async def end_turn(self, account: str) -> None:
        """Give the turn back."""
        self._turns.discard(account)


@dataclass(frozen=True)
class OfAccount:
    """A store in which accounts with other keys never meet, whatever their names."""

    store: TokenStore
    scope: str

    async def get(self, account: str) -> Token | None:
        """Return the account's token, if one was kept."""
        return await self.store.get(f"{self.scope}:{account}")

    async def put(self, account: str, token: Token) -> None:
        """Keep the account's token."""
        await self.store.put(f"{self.scope}:{account}", token)

    async def take_turn(self, account: str) -> bool:
        """Take the turn to refresh, unless another has it."""
        return await self.store.take_turn(f"{self.scope}:{account}")

    async def end_turn(self, account: str) -> None:
        """Give the turn back."""
        await self.store.end_turn(f"{self.scope}:{account}")


class Fetch(Protocol):
    """Asks the provider for a token; `force` makes it give a new one."""

    def __call__(self, *, force: bool) -> Awaitable[Token]: ...


@dataclass(frozen=True)
class _Failure:
    at: float
    error: DeliveryError


class Tokens:
    """The token of one account at one provider.

    However many sends find it missing, old or refused, in however many
    processes, one of them fetches and the others wait for what comes of it.
    """

    def __init__(
        self,
        provider: str,
        account: str,
        fetch: Fetch,
        store: TokenStore,
        clock: Clock = utc_now,
    ) -> None:
        self._provider = provider
        self._account = f"{provider}:{account}"
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._lock = asyncio.Lock()
        self._failure: _Failure | None = None
        self._forced_at: datetime | None = None
        self._last: Token | None = None

    async def current(self, until: float) -> str:
        """Return a token that should be good.

        Raises a DeliveryError where none can be had, at the latest at `until`
        by the loop's clock.
        """
        token = self._last
        if token is None or self._clock() >= token.renew_at:
            token = self._last = await self._store.get(self._account)
        if token is not None and self._clock() < token.renew_at:
            return token.value
        return await self._in_turn(self._renew_old, until)

    async def renew(self, refused: str, until: float) -> str:
        """Return another token than the one the provider refused.

        The same again where it was itself fetched for one that was refused: to
        fetch another at once would not help.
        """
        last = self._last
        if last is not None and last.value != refused:
            return last.value
        return await self._in_turn(lambda: self._renew_refused(refused), until)

    async def _in_turn(
        self, renew: Callable[[], Awaitable[Token]], until: float
    ) -> str:
        """Renew alone; who waited for a renewal that failed shares its failure."""
        began = asyncio.get_running_loop().time()
        try:
            end = min(until, began + WAIT_SECONDS)
            async with asyncio.timeout_at(end), self._lock:
                if self._failure is not None and self._failure.at >= began:
                    raise copy.copy(self._failure.error)
                return (await self._remembered(renew)).value
        except TimeoutError:
            raise refusal(self._provider, ProviderDown, code="no-token") from None

    async def _remembered(self, renew: Callable[[], Awaitable[Token]]) -> Token:
        try:
            return await renew()
        except DeliveryError as error:
            now = asyncio.get_running_loop().time()
            self._failure = _Failure(now, copy.copy(error))
            raise

    async def _renew_old(self) -> Token:
        while True:
            token = await self._store.get(self._account)
            if token is not None and self._clock() < token.renew_at:
                return self._kept(token)
            async with self._turn() as ours:
                if ours:
                    return await self._fetched_or(token)
            # The old one serves while another process fetches the next.
            if token is not None and self._clock() < token.expires_at:
                return token
            await asyncio.sleep(_LOOK_EVERY)

    async def _fetched_or(self, old: Token | None) -> Token:
        """Return a new token, or the old one while it lasts and none can be had."""
        # Another process may have fetched between our look and our turn.
        now, token = self._clock(), await self._store.get(self._account)
        if token is not None and now < token.renew_at:
            return self._kept(token)
        try:
            return await self._put(await self._fetch(force=False))
        except DeliveryError:
            if old is None or now >= old.expires_at:
                raise
            return await self._put(replace(old, renew_at=now + AFTER_FAILURE))

    async def _renew_refused(self, refused: str) -> Token:
        while True:
            token = await self._store.get(self._account)
            if token is not None and not self._worth_another(token, refused):
                return self._kept(token)
            async with self._turn() as ours:
                if ours:
                    return await self._fetched_instead(refused)
            await asyncio.sleep(_LOOK_EVERY)

    def _worth_another(self, token: Token, refused: str) -> bool:
        """Tell whether to fetch: one refused token has one successor, no storm."""
        if token.value != refused:
            return False
        since = token.instead_at
        return since is None or self._clock() - since >= FORCE_APART

    async def _fetched_instead(self, refused: str) -> Token:
        token = await self._store.get(self._account)
        if token is not None and not self._worth_another(token, refused):
            return self._kept(token)
        fetched = await self._fetch(force=False)
        if fetched.value == refused and self._may_force():
            self._forced_at = self._clock()
            fetched = await self._fetch(force=True)
        return await self._put(replace(fetched, instead_at=self._clock()))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[bool]:
        """Hold the turn among all processes, if it is free."""
        ours = await self._store.take_turn(self._account)
        try:
            yield ours
        finally:
            if ours:
                await self._store.end_turn(self._account)

    def _may_force(self) -> bool:
        last = self._forced_at
        return last is None or self._clock() - last >= FORCE_APART

    async def _put(self, token: Token) -> Token:
        await self._store.put(self._account, token)
        return self._kept(token)

    def _kept(self, token: Token) -> Token:
        self._last = token
        return token
