"""Messages whose provider is away: those that wait for it, those that failed for it.

`away` of a message names the channels: those it waits for, or once it has failed
those on which it is sent again by itself.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, func
from sqlalchemy import select as core_select

from centre.messages.contracts import AwayFrom
from centre.messages.tables import MessageRow
from core.models import MessageStatus
from core.words import Channel, Priority, Status
from db.session import Session
from db.sql import table_of

# More of one channel's are not read at once: the most urgent, the oldest first.
MOST = 500
_TRYING = (Status.DELIVERING, Status.DELIVERED)


async def waiting(session: Session) -> tuple[AwayFrom, ...]:
    """Count the messages that wait for a provider, by channel and account."""
    table = table_of(MessageRow)
    columns = (table.c.away, table.c.away_account)
    trying = core_select(*columns, func.count().label("messages"))
    trying = trying.where(table.c.away.is_not(None), table.c.status.in_(_TRYING))
    rows = await (await session.connection()).execute(trying.group_by(*columns))
    return tuple(
        AwayFrom(channel=Channel(r.away), account=r.away_account, count=r.messages)
        for r in rows
    )


async def failed_for(
    session: Session, now: datetime
) -> tuple[tuple[Channel, ...], ...]:
    """Return the sets of channels on which failed messages are to be sent again."""
    table = table_of(MessageRow)
    found = core_select(table.c.away).where(*_failed(now)).distinct()
    rows = await (await session.connection()).execute(found)
    return tuple(_channels(away) for away in rows.scalars())


async def failed(
    session: Session, on: Sequence[Channel], now: datetime, most: int = MOST
) -> tuple[MessageStatus, ...]:
    """Return those to be sent again on just these, the most urgent first."""
    table = table_of(MessageRow)
    urgency = case({p.value: p.key for p in Priority}, value=table.c.priority)
    wanted = core_select(table.c.doc).where(table.c.away == _text(on), *_failed(now))
    wanted = wanted.order_by(urgency, table.c.created_at).limit(most)
    rows = await (await session.connection()).execute(wanted)
    docs = map(MessageStatus.model_validate_json, rows.scalars())
    return tuple(d for d in docs if d.expires_at is None or d.expires_at > now)


def columns(doc: MessageStatus) -> dict[str, str | None]:
    """Return what a message's row says of the providers that it is without."""
    waiting = doc.waiting
    if waiting is not None and waiting.channel is not None:
        return {"away": waiting.channel.value, "away_account": waiting.account}
    on = _text(doc.resends_on) if doc.status is Status.FAILED else ""
    return {"away": on or None, "away_account": None}


def _failed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    table = table_of(MessageRow)
    return (
        table.c.away.is_not(None),
        table.c.status == Status.FAILED.value,
        table.c.resendable_until > now,
    )


def _text(channels: Collection[Channel]) -> str:
    return ",".join(channel.value for channel in channels)


def _channels(text: str) -> tuple[Channel, ...]:
    return tuple(map(Channel, text.split(",")))
