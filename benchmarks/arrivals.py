"""When each message arrived at the provider stub."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CONNECT_SECONDS = 10.0


class Arrivals:
    """The stub's times (of the clock that all processes share), by message."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._times: defaultdict[str, asyncio.Future[float]] = defaultdict(
            loop.create_future
        )

    async def of(self, key: str) -> float:
        """Return when a message arrived, waiting until it has."""
        return await self._times[key]

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Take in what the stub tells, as long as it does."""
        async for line in reader:
            key, at = line.decode().split()
            if not self._times[key].done():  # a repeat of a call changes nothing
                self._times[key].set_result(float(at))


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[Arrivals]:
    """Listen to a stub that has just been started."""
    async with asyncio.timeout(_CONNECT_SECONDS):
        reader, writer = await _connected(port)
    writer.write(b"GET /arrivals HTTP/1.1\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    arrivals = Arrivals()
    task = asyncio.create_task(arrivals.read(reader))
    try:
        yield arrivals
    finally:
        task.cancel()
        writer.close()


async def _connected(
    port: int,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
