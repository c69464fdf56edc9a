"""Pop-ups on workstations: kept for them, and what they report of them."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from centre.audit.audit import Actor
from centre.context import Context
from centre.messages.acknowledge import AcknowledgeOrder, acknowledge
from centre.workstations import popup_queries, queries
from centre.workstations.contracts import OVER, Event, Popup, PopupStage, Withdrawal
from channels.base import Sending
from channels.hospital.socket import SocketSender
from channels.kit.clip import clip
from channels.receipts import ProviderReceipt
from core.clock import utc_now
from core.errors import FieldError, Invalid
from core.text.letters import one_line
from core.words import Channel, Outcome, Priority
from db.store import Store

# Without an end of its own a message is of no use on a screen after a shift.
_SHOWN_FOR = timedelta(hours=12)
Sink = Callable[[Sequence[ProviderReceipt]], Awaitable[None]]
Reported = Literal["received", "displayed", "confirmed", "rejected"]
_OUTCOMES = {
    PopupStage.RECEIVED: Outcome.ACCEPTED,
    PopupStage.DISPLAYED: Outcome.DELIVERED,
    PopupStage.CONFIRMED: Outcome.READ,
    PopupStage.REJECTED: Outcome.FAILED,
}


async def newest_event(store: Store) -> int:
    """Return the last number of what screens are to show."""
    async with store.sessions() as session:
        return await popup_queries.latest(session)


async def events_after(
    store: Store, seq: int, stations: Collection[str], *, open_only: bool = False
) -> tuple[Event, ...]:
    """Return what came after a number for these workstations, some at a time.

    `open_only` leaves out what nobody needs to see any more.
    """
    async with store.sessions() as session:
        return await popup_queries.events_after(
            session, seq, stations, open_only=open_only
        )


async def purge(store: Store, now: datetime) -> None:
    """Forget pop-ups of long ago."""
    async with store.sessions.begin() as session:
        await popup_queries.purge(session, now)


class PopupPost:
    """Keeps pop-ups in the store, where the processes that hold sockets find them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, sending: Sending) -> int:
        until = sending.expires_at or utc_now() + _SHOWN_FOR
        async with self._store.sessions.begin() as session:
            stations = await queries.stations_of(session, sending.address)
            if stations:
                await popup_queries.post(
                    session,
                    stations,
                    delivery_id=sending.id,
                    message_id=sending.message_id,
                    expire_at=until,
                    popup=_popup(sending),
                )
        return len(stations)


def _popup(sending: Sending) -> Popup:
    content = sending.content
    critical = sending.priority is Priority.CRITICAL
    return Popup(
        level=sending.priority,
        title=content.title or clip(one_line(content.body), 64),
        body=content.body,
        need_ack=sending.acknowledge or critical,
        read_back=sending.read_back,
    )


async def report(
    context: Context,
    sink: Sink,
    station: Actor,
    delivery_id: UUID,
    stage: PopupStage,
    order: AcknowledgeOrder | None,
) -> bool:
    """Take in how far a workstation has come; False for a pop-up it never had.

    Raises Invalid where a confirmation names nobody or reads back wrong. The
    message's workflow hears of it before it is written here, so what breaks off
    half-way is taken in again when the workstation repeats it.
    """
    async with context.store.sessions() as session:
        found = await popup_queries.find_popup(session, station.who, delivery_id)
    if found is None:
        return False
    if found.stage in OVER or found.stage is stage:
        return True
    if stage is PopupStage.CONFIRMED:
        await _confirm(context, station, found, order)
    await _tell(context, sink, station, found, stage)
    async with context.store.sessions.begin() as session:
        await popup_queries.move(session, found.seq, stage)
        if stage is PopupStage.CONFIRMED:
            seen = Withdrawal(why="confirmed")
            await popup_queries.withdraw(session, delivery_id, seen, but=station.who)
    return True


async def _confirm(
    context: Context, station: Actor, found: Event, order: AcknowledgeOrder | None
) -> None:
    if order is None:
        missing = FieldError("/user", "Who confirms must be named.")
        raise Invalid("The confirmation was refused.", [missing])
    await acknowledge(context, found.message_id, order, station, Channel.WORKSTATION)


async def _tell(
    context: Context, sink: Sink, station: Actor, found: Event, stage: PopupStage
) -> None:
    """Move the delivery; it has failed only where no screen is left to show it."""
    if stage is PopupStage.REJECTED:
        async with context.store.sessions() as session:
            if not await popup_queries.all_rejected(
                session, found.delivery_id, station.who
            ):
                return
    receipt = ProviderReceipt(
        channel=Channel.WORKSTATION,
        provider=SocketSender.provider,
        sending_id=found.delivery_id,
        outcome=_OUTCOMES[stage],
        code=stage,
        at=utc_now(),
    )
    await sink([receipt])
