"""Access tokens: fetched by one, used by all, renewed before they end."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from channels.codes import refusal
from channels.times import Clock, utc_now
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


@dataclass(frozen=True, repr=False)
class Token:
    """An access token: when to renew it, and when it ends."""

    value: str
    renew_at: datetime
    expires_at: datetime


def new_token(value: str, expires_in: int, now: datetime) -> Token:
    """Return a token just fetched."""
    expires_at = now + timedelta(seconds=expires_in)
    soonest = min(now + AT_MOST_EVERY, expires_at)
    return Token(value, max(expires_at - AHEAD, soonest), expires_at)


class TokenStore(Protocol):
    """Keeps the token of each account; processes may share one store."""

    async def get(self, account: str) -> Token | None: ...

    async def put(self, account: str, token: Token) -> None: ...


class MemoryTokenStore:
    """Keeps tokens in this process."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    async def get(self, account: str) -> Token | None:
        """Return the account's token, if one was kept."""
        return self._tokens.get(account)

    async def put(self, account: str, token: Token) -> None:
        """Keep the account's token."""
        self._tokens[account] = token


class Fetch(Protocol):
    """Asks the provider for a token; `force` makes it give a new one."""

    def __call__(self, *, force: bool) -> Awaitable[Token]: ...


@dataclass(frozen=True)
class _Failure:
    at: float
    error: DeliveryError


class Tokens:
    """The token of one account at one provider.

    However many sends find it missing, old or refused, one of them fetches
    and the others wait for what comes of it.
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

    async def current(self, until: float) -> str:
        """Return a token that should be good.

        Raises a DeliveryError where none can be had, at the latest at `until`
        by the loop's clock.
        """
        token = await self._store.get(self._account)
        if token is not None and self._clock() < token.renew_at:
            return token.value
        return await self._in_turn(self._renew_old, until)

    async def renew(self, refused: str, until: float) -> str:
        """Return another token than the one the provider refused."""
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
        token = await self._store.get(self._account)
        now = self._clock()
        if token is not None and now < token.renew_at:
            return token
        try:
            return await self._kept(await self._fetch(force=False))
        except DeliveryError:
            if token is None or now >= token.expires_at:
                raise
            # The old one is still good: use it, and ask again a little later.
            return await self._kept(replace(token, renew_at=now + AFTER_FAILURE))

    async def _renew_refused(self, refused: str) -> Token:
        token = await self._store.get(self._account)
        if token is not None and token.value != refused:
            return token
        fetched = await self._fetch(force=False)
        if fetched.value == refused and self._may_force():
            self._forced_at = self._clock()
            fetched = await self._fetch(force=True)
        return await self._kept(fetched)

    def _may_force(self) -> bool:
        last = self._forced_at
        return last is None or self._clock() - last >= FORCE_APART

    async def _kept(self, token: Token) -> Token:
        await self._store.put(self._account, token)
        return token
