"""Caps against flooding a person: counted by message, over all clients.

Each address that a message may use counts for itself, under its HMAC index: a
phone is one person however it was spelt, and whichever system wrote to it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select as core_select
from sqlmodel import col, delete

from centre.schedule.rules import Blackout, Cap, Hit, capped
from centre.schedule.tables import CapHitRow
from core.models import Address
from core.words import TypeClass
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, lock, table_of

_KEPT = timedelta(hours=744)


async def count(
    session: Session,
    *,
    message_id: UUID,
    kind: str,
    type_class: TypeClass,
    addresses: Collection[Address],
    caps: Mapping[str, Sequence[Cap]],
    now: datetime,
) -> Blackout | None:
    """Count a message for each of its addresses, unless a cap is full.

    The same message counts once, however often it is asked for.
    """
    keyring = keyring_of(session)
    keys = sorted({keyring.index(a.type.value, a.value) for a in addresses})
    if not keys or not caps:
        return None
    for key in keys:
        await lock(session, f"cap:{key}")
    hits = await _hits(session, keys, message_id, now)
    full = capped(caps, hits, now)
    if full is None:
        fact = {"message_id": message_id, "type": kind, "type_class": type_class}
        await _add(session, [{"key": key, "at": now, **fact} for key in keys])
    return full


async def _hits(
    session: Session, keys: Sequence[str], but: UUID, now: datetime
) -> list[Hit]:
    table = table_of(CapHitRow)
    wanted = core_select(table.c.key, table.c.type, table.c.type_class, table.c.at)
    wanted = wanted.where(
        table.c.key.in_(keys), table.c.at > now - _KEPT, table.c.message_id != but
    )
    connection = await session.connection()
    return [Hit(*row) for row in await connection.execute(wanted)]


async def _add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    new = insert_into(dialect_of(session), table_of(CapHitRow)).values(rows)
    connection = await session.connection()
    await connection.execute(new.on_conflict_do_nothing())


async def purge(session: Session, now: datetime) -> None:
    """Forget what no cap counts any more."""
    await session.exec(delete(CapHitRow).where(col(CapHitRow.at) < now - _KEPT))
