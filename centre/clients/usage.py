"""When a client was last seen, and which clients may send a type."""

from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import col, select, update

from centre.clients.tables import ClientRow
from core.base import Model
from db.session import Session

# A busy client fetches many tokens; one write a minute tells enough.
_EVERY = timedelta(minutes=1)


class Sender(Model):
    """A client system by its code and name."""

    code: str
    name: str


def due(last_used_at: datetime | None, now: datetime) -> bool:
    """Tell whether a use has to be noted: once a minute at most."""
    return last_used_at is None or now - last_used_at >= _EVERY


async def note_use(session: Session, code: str, now: datetime) -> None:
    """Note that a client was here; a stamp under a minute old stays."""
    last = col(ClientRow.last_used_at)
    stamp = update(ClientRow).where(
        col(ClientRow.code) == code, or_(last.is_(None), last <= now - _EVERY)
    )
    await session.exec(stamp.values(last_used_at=now))


async def senders_of(session: Session, type_code: str) -> tuple[Sender, ...]:
    """Return the enabled clients that may send a message type."""
    wanted = select(ClientRow).where(col(ClientRow.enabled).is_(True))
    rows = (await session.exec(wanted.order_by(col(ClientRow.code)))).all()
    return tuple(
        Sender(code=row.code, name=row.name)
        for row in rows
        if row.message_types is None or type_code in row.message_types
    )
