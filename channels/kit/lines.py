"""HTTP connections, each found at once however many are open.

httpcore's pool looks at all of its connections, and asks the system about each,
for every request and again for every answer: with 50 calls under way that is three
times the cost of the call. Here a call has a pool of one connection to itself.
"""

import time
from collections.abc import AsyncIterator, Callable

import httpx

Origin = tuple[str, str, int | None]


class ConnectionPool(httpx.AsyncBaseTransport):
    """Hands each request a connection of its own, and keeps the idle ones a while.

    `idle_seconds` is how long; `make` opens a transport of one connection.
    """

    def __init__(
        self, make: Callable[[], httpx.AsyncHTTPTransport], idle_seconds: float
    ) -> None:
        self._make = make
        self._idle_seconds = idle_seconds
        self._idle: dict[Origin, list[tuple[float, httpx.AsyncHTTPTransport]]] = {}
        self._swept = time.monotonic()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._sweep()
        origin = (request.url.scheme, request.url.host, request.url.port)
        idle = self._idle.get(origin)
        line = idle.pop()[1] if idle else self._make()
        try:
            response = await line.handle_async_request(request)
        except BaseException:
            await line.aclose()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Stream(response.stream, lambda: self._back(origin, line))
        return response

    def _back(self, origin: Origin, line: httpx.AsyncHTTPTransport) -> None:
        self._idle.setdefault(origin, []).append((time.monotonic(), line))

    async def _sweep(self) -> None:
        """Close what has been idle for too long; look no more often than that."""
        now = time.monotonic()
        if now < self._swept + self._idle_seconds:
            return
        self._swept, oldest = now, now - self._idle_seconds
        old = []
        for origin, idle in list(self._idle.items()):
            old += [line for since, line in idle if since < oldest]
            self._idle[origin] = [each for each in idle if each[0] >= oldest]
            if not self._idle[origin]:
                del self._idle[origin]
        for line in old:
            await line.aclose()

    async def aclose(self) -> None:
        """Close every idle connection."""
        idle, self._idle = self._idle, {}
        for lines in idle.values():
            for _, line in lines:
                await line.aclose()


class _Stream(httpx.AsyncByteStream):
    """An answer's body; gives its connection back when it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, back: Callable[[], None]) -> None:
        self._stream = stream
        self._back: Callable[[], None] | None = back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
        back, self._back = self._back, None
        if back is not None:
            back()
