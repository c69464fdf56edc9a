"""What is set about when to send, as a worker has it at hand."""

import time
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from centre.delivery.contracts import Prepared, Snapshot
from centre.delivery.digests import Group
from centre.schedule import cap_queries, queries
from centre.schedule.rules import Blackout, SendingSchedule, closed
from core.base import evolve
from core.clock import utc_now
from core.models import Message, Waiting
from core.words import Channel, Priority, Reason
from db.session import Session

# A change holds within this time.
_KEPT_SECONDS = 2.0
CHINA = ZoneInfo("Asia/Shanghai")


class ScheduleCache:
    """The book of sending times, read again once it is too old."""

    def __init__(self, zone: ZoneInfo = CHINA) -> None:
        self._zone = zone
        self._book = SendingSchedule()
        self._until = 0.0

    async def book(self, session: Session) -> SendingSchedule:
        """Return what holds now."""
        if time.monotonic() >= self._until:
            self._book = await queries.book(session)
            self._until = time.monotonic() + _KEPT_SECONDS
        return self._book

    async def closed(
        self, session: Session, kind: str, channel: Channel, at: datetime
    ) -> Blackout | None:
        """Tell whether a type may not go out on a channel; None: it may."""
        book = await self.book(session)
        return closed(at, book.times(kind, channel), book.holidays, self._zone)

    async def hold(
        self, session: Session, snapshot: Snapshot, prepared: Prepared
    ) -> Prepared:
        """Return the same, or what says that the message must wait or stay unsent.

        A critical message goes out at any time; one that is sent again on
        somebody's order passes the caps, not the quiet hours.
        """
        message, at = snapshot.message, later(snapshot.at)
        if message.priority is Priority.CRITICAL:
            return prepared
        group = await self._group(session, snapshot)
        if group and (following := await group.follow(prepared, at)):
            return following
        if not prepared.addresses:
            return prepared
        first = snapshot.status.plan.stages[0]
        sendable = [channel for channel in first if channel in prepared.addresses]
        until = await self._opens(session, message.type, sendable, at)
        if until is not None:
            return _waiting(prepared, Reason.QUIET_HOURS, until)
        if snapshot.status.run == 1:
            prepared = await self._hold_by_cap(session, message, prepared, at, group)
        if group is None or prepared.waiting or not prepared.addresses:
            return prepared
        return await group.carry(prepared, at)

    async def _group(self, session: Session, snapshot: Snapshot) -> Group | None:
        """Return whom a message waits with; None where its type has no digest.

        One that was told of by another stays so when its type loses the digest.
        """
        book = await self.book(session)
        digest = book.digests.get(snapshot.message.type)
        told = snapshot.status.digested_into is not None
        return Group(session, snapshot, digest) if digest or told else None

    async def _opens(
        self,
        session: Session,
        kind: str,
        channels: Collection[Channel],
        at: datetime,
    ) -> datetime | None:
        """Return from when on one of these may send; None: one need not wait."""
        found = [await self.closed(session, kind, channel, at) for channel in channels]
        untils = [shut.until for shut in found if shut and shut.until]
        return min(untils) if untils and len(untils) == len(found) else None

    async def _hold_by_cap(
        self,
        session: Session,
        message: Message,
        prepared: Prepared,
        at: datetime,
        group: Group | None,
    ) -> Prepared:
        book = await self.book(session)
        full = await cap_queries.count(
            session,
            message_id=message.id,
            kind=message.type,
            type_class=book.class_of(message.type),
            addresses=prepared.addresses.values(),
            caps=book.caps(message.type),
            now=at,
        )
        if full is None:
            return prepared
        if full.until is not None:
            if group and full.then == "digest":
                await group.wait(at)
            return _waiting(prepared, Reason.FREQUENCY_CAP, full.until)
        unsent = dict.fromkeys(prepared.addresses, Reason.FREQUENCY_CAP)
        withheld = prepared.withheld | unsent
        return evolve(prepared, addresses={}, withheld=withheld)


def _waiting(prepared: Prepared, reason: Reason, until: datetime) -> Prepared:
    waiting = Waiting(reason=reason, until=until)
    return evolve(prepared, waiting=waiting)


def later(at: datetime | None) -> datetime:
    """Return the workflow's time or ours, whichever is later: clocks differ."""
    now = utc_now()
    return now if at is None else max(at, now)
