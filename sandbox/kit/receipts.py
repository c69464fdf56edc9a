"""Receipts pushed to the centre, each in its provider's own form and rhythm."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from core.words import Channel

logger = logging.getLogger(__name__)

_PATIENCE = 5.0


@dataclass(frozen=True)
class Push:
    """One call to the receiver, and when its answer counts as a yes."""

    content: bytes
    media_type: str
    accepted: Callable[[httpx.Response], bool]
    # How many minutes the provider waits before each further try.
    retries: tuple[float, ...]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Receipts:
    """Pushes in the background; does nothing where no address is given."""

    def __init__(
        self, url: str | None, secret: str, *, after: float, scale: float
    ) -> None:
        self._url = url
        self._secret = secret
        self._after = after
        self._scale = scale
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: httpx.AsyncClient | None = None

    def later(
        self, channel: Channel, make: Callable[[], Push], account: str = ""
    ) -> None:
        """Push a receipt once its time has come.

        `account` names the one it is for where the centre's usual account of the
        channel is another provider's.
        """
        if self._url is None:
            return
        own = f"-{account}" if account else ""
        url = f"{self._url.rstrip('/')}/{channel}/{self._secret}{own}"
        task = asyncio.create_task(self._deliver(url, make))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def idle(self) -> bool:
        """Whether no receipt waits for its time or another try."""
        return not self._tasks

    async def aclose(self) -> None:
        """Stop pushing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()

    async def _deliver(self, url: str, make: Callable[[], Push]) -> None:
        await asyncio.sleep(self._after)
        push = make()
        for minutes in (*push.retries, None):
            if await self._try(url, push):
                return
            if minutes is not None:
                await asyncio.sleep(minutes * 60 * self._scale)
        logger.warning("a receipt was given up: the receiver did not take it")

    async def _try(self, url: str, push: Push) -> bool:
        try:
            answer = await self._client().post(
                url,
                content=push.content,
                headers={"content-type": push.media_type, **push.headers},
                params=push.params or None,
            )
        except httpx.HTTPError:
            return False
        return push.accepted(answer)

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            # A proxy of the environment must not see receipts.
            self._http = httpx.AsyncClient(trust_env=False, timeout=_PATIENCE)
        return self._http
