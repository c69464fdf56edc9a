"""The workstations that this process holds, and what the store has for them.

One query a tick for all of them together, and none while there are none: what a
worker has kept reaches a screen within about half a second. A connection that
does not read fast enough is dropped, and catches up when it comes back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from api.workstations.door import Door
from centre.workstations import service as popups
from centre.workstations import stations
from centre.workstations.contracts import Event, SignedInScreen
from core.clock import utc_now
from core.errors import MessageCentreError
from core.process.logs import describe
from db.store import Store

TICK_SECONDS = 0.5
_RENEW_SECONDS = 2.0
LEASE = timedelta(seconds=20)
_PURGE_SECONDS = 3600.0
_ROOM = 200

# RFC 6455 section 7.4: 1013 try again later; 4000 and up are our own.
TOO_SLOW = 1013
ENDED = 4403

log = structlog.get_logger("workstations")


@dataclass(eq=False)
class Connection:
    """One open screen; `closing` is set to the code it is closed with."""

    standing: SignedInScreen
    waiting: asyncio.Queue[Event] = field(
        default_factory=lambda: asyncio.Queue(maxsize=_ROOM)
    )
    closing: asyncio.Future[int] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def push(self, event: Event) -> None:
        """Hand on an event, or give the connection up."""
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.drop(TOO_SLOW)

    def drop(self, code: int) -> None:
        """Let the connection be closed."""
        if not self.closing.done():
            self.closing.set_result(code)


class Hub:
    """Every open screen of this process."""

    def __init__(self, store: Store, tick: float = TICK_SECONDS) -> None:
        self.door = Door()
        self._store = store
        self._tick_seconds = tick
        self._open: set[Connection] = set()
        self._seen = 0
        self._one = asyncio.Lock()

    @asynccontextmanager
    async def joined(self, connection: Connection) -> AsyncIterator[None]:
        """Hold a connection: from now on it gets what comes for its workstation."""
        station = connection.standing.id
        async with self._one:
            if not self._open:
                self._seen = await popups.newest_event(self._store)
            self._open.add(connection)
        try:
            await self._renew()
            yield
        finally:
            self._open.discard(connection)
            if station not in self._stations():
                with suppress(MessageCentreError):
                    await stations.release(self._store, station)

    async def run(self) -> None:
        """Look for news until cancelled."""
        renewed = purged = 0.0
        while True:
            await asyncio.sleep(self._tick_seconds)
            now = asyncio.get_running_loop().time()
            try:
                await self.tick()
                if now - renewed >= _RENEW_SECONDS:
                    renewed = now
                    await self._renew()
                if now - purged >= _PURGE_SECONDS:
                    purged = now
                    await self._purge()
            except MessageCentreError:
                log.warning("store.unavailable")
            except Exception as error:
                log.error("unexpected", **describe(error))

    async def tick(self) -> None:
        """Hand on what has come since the last time."""
        async with self._one:
            if not self._open:
                return
            asked = self._seen, self._stations()
            events = await popups.events_after(self._store, *asked)
            for event in events:
                self._seen = event.seq
                for connection in self._open:
                    if connection.standing.id == event.workstation_id:
                        connection.push(event)

    async def _renew(self) -> None:
        """Say who is online; drop who was disabled or has a new secret."""
        held = list(self._open)
        if not held:
            return
        found = await stations.renew(self._store, self._stations(), LEASE)
        standing = {known.id: known for known in found}
        for connection in held:
            now = standing.get(connection.standing.id)
            if now is None or not now.enabled or now != connection.standing:
                connection.drop(ENDED)

    async def _purge(self) -> None:
        await popups.purge(self._store, utc_now())

    def _stations(self) -> set[str]:
        return {connection.standing.id for connection in self._open}
