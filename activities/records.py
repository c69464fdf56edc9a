"""Record how a message stands, and prepare its deliveries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import activity

from centre.batches import queries as batches
from centre.delivery.addresses import addresses_in, identities_of
from centre.delivery.contracts import Prepared, Record, Snapshot
from centre.delivery.hold import ScheduleCache
from centre.messages import writes as message_writes
from centre.people import opt_out_queries as preferences
from centre.people.replies import CONFIRMATION
from centre.reachability import queries as standings
from centre.reachability.rules import FADE, AddressStatus, reason_to_skip
from centre.workstations import removal_queries as removals
from centre.workstations.contracts import OWN, Why
from core.clock import utc_now
from core.models import Address, Message, MessageStatus
from core.words import Channel, IdentityType, Outcome, Priority, Reason, Status
from db.session import Session
from db.store import Store

_NO_MORE: Mapping[Status, Why] = {
    Status.CANCELLED: "cancelled",
    Status.EXPIRED: "expired",
}
_MAY_SHOW = frozenset(Outcome) - {Outcome.PENDING, Outcome.SKIPPED}


@dataclass(frozen=True)
class RecordActivities:
    """The store's projection of a message."""

    store: Store
    fade: timedelta = FADE
    times: ScheduleCache = field(default_factory=ScheduleCache)

    @activity.defn
    async def record(self, news: Record) -> bool | None:
        """Write how a message stands; False where the message itself is missing.

        So a store that has lost its last commits gets it again.
        """
        why = _shown_no_more(news.status)
        if news.message is None and why is None:
            async with self.store.autocommit() as session:
                return await message_writes.record_status(session, news.status)
        async with self.store.sessions.begin() as session:
            if why is not None:
                await removals.remove(session, news.status.id, why)
            if news.message is None:
                return await message_writes.record_status(session, news.status)
            await message_writes.record(session, news.message, news.status)
        return True

    @activity.defn
    async def prepare(self, snapshot: Snapshot) -> Prepared:
        """Write the message down and find out where it shall go."""
        message = snapshot.message
        async with self.store.sessions.begin() as session:
            if await batches.called_off(session, message.batch, snapshot.status.run):
                return Prepared(cancelled=True)
            # Reading first: from its first write on, SQLite lets nobody else write.
            identities = await identities_of(session, message)
            refused = await self._opted_out(session, message, identities)
            addresses = addresses_in(message.plan.channels, identities)
            known = await standings.standings_of(session, addresses, message.type)
            prepared = self._prepared(message, addresses, refused, known)
            prepared = await self.times.hold(session, snapshot, prepared)
            if prepared.waiting is None:
                await message_writes.record(session, message, snapshot.status)
        return prepared

    async def _opted_out(
        self,
        session: Session,
        message: Message,
        identities: Mapping[IdentityType, str],
    ) -> frozenset[Channel]:
        """Return the channels this person does not want.

        Critical values ignore it; what confirms an opt-out was asked for with it.
        """
        if message.priority is Priority.CRITICAL or message.type == CONFIRMATION:
            return frozenset()
        book = await self.times.book(session)
        type_class = book.class_of(message.type)
        return await preferences.opted_out(
            session, identities, message.type, type_class
        )

    def _prepared(
        self,
        message: Message,
        addresses: Mapping[Channel, Address],
        refused: Collection[Channel],
        known: Mapping[Channel, AddressStatus],
    ) -> Prepared:
        """Return where each channel shall send, or why it must not."""
        withheld = self._known_not_to_reach(message, known)
        for channel in message.plan.channels:
            if channel not in addresses:
                withheld[channel] = Reason.NO_ADDRESS
            elif channel in refused:
                withheld[channel] = Reason.OPTED_OUT
        return Prepared(
            addresses={c: a for c, a in addresses.items() if c not in withheld},
            withheld=withheld,
            doubted=tuple(c for c in known if c not in withheld),
        )

    def _known_not_to_reach(
        self, message: Message, known: Mapping[Channel, AddressStatus]
    ) -> dict[Channel, Reason]:
        """Return which channels need not be tried; a critical value tries them all."""
        if message.priority is Priority.CRITICAL:
            return {}
        now = utc_now()
        reasons = {c: reason_to_skip(s, now, self.fade) for c, s in known.items()}
        return {channel: reason for channel, reason in reasons.items() if reason}


def _shown_no_more(doc: MessageStatus) -> Why | None:
    """Return why what ended half-way leaves our screens; None where it is on none."""
    why = _NO_MORE.get(doc.status)
    shown = any(d.channel in OWN and d.outcome in _MAY_SHOW for d in doc.deliveries)
    return why if shown else None
