"""What workstations are to show, in one order for all, and how far each has come.

Who adds to the sequence holds a lock until the transaction ends: numbers become
visible in their order, so a reader that asks for what came after misses nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, update
from sqlalchemy import select as core_select

from centre.workstations.contracts import (
    OVER,
    Event,
    Popup,
    PopupStage,
    Why,
    Withdrawal,
)
from centre.workstations.tables import PopupRow, RemovalRow
from core.clock import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, lock, table_of

_CONTENT = "popups.content"
KEPT = timedelta(days=14)
_LOCK = "popups"
_ORDER = tuple(PopupStage)


async def post(
    session: Session,
    stations: Sequence[str],
    *,
    delivery_id: UUID,
    message_id: UUID,
    expire_at: datetime,
    popup: Popup,
) -> None:
    """Keep a pop-up for each of these workstations; a second time changes nothing.

    So does one of a message that was taken back.
    """
    await lock(session, _LOCK)
    if await session.get(RemovalRow, message_id) is not None:
        return
    sealed = keyring_of(session).seal_text(popup.model_dump_json(), _CONTENT)
    same = {
        "kind": "msg",
        "delivery_id": delivery_id,
        "message_id": message_id,
        "content": sealed,
        "stage": PopupStage.SENT,
        "created_at": utc_now(),
        "expire_at": expire_at,
    }
    await _add(session, [{"workstation_id": s, **same} for s in stations])


async def withdraw(
    session: Session,
    delivery_id: UUID,
    withdrawal: Withdrawal,
    but: str | None = None,
) -> int:
    """Take a pop-up off every screen (`but` one); return off how many."""
    await lock(session, _LOCK)
    table = table_of(PopupRow)
    shown = core_select(table).where(
        table.c.delivery_id == delivery_id,
        table.c.kind == "msg",
        table.c.stage != PopupStage.WITHDRAWN,
        table.c.workstation_id != (but or ""),
    )
    return await _withdraw(session, shown, withdrawal)


async def withdraw_all(session: Session, message_id: UUID, why: Why) -> int:
    """Take all that a message shows off every screen; return how many pop-ups.

    A screen that was told that it is confirmed elsewhere is told anew.
    """
    await lock(session, _LOCK)
    table = table_of(PopupRow)
    connection = await session.connection()
    mine = table.c.message_id == message_id
    await connection.execute(delete(table).where(mine, table.c.kind == "withdraw"))
    shown = core_select(table).where(mine, table.c.kind == "msg")
    return await _withdraw(session, shown, Withdrawal(why=why))


async def withdrawn(session: Session, delivery_id: UUID) -> bool:
    """Tell whether screens were told to show a pop-up no longer."""
    table = table_of(PopupRow)
    told = core_select(table.c.seq).where(
        table.c.delivery_id == delivery_id, table.c.kind == "withdraw"
    )
    connection = await session.connection()
    return (await connection.execute(told.limit(1))).first() is not None


async def _withdraw(
    session: Session, shown: Select[*tuple[Any, ...]], withdrawal: Withdrawal
) -> int:
    connection = await session.connection()
    rows = [row._asdict() for row in await connection.execute(shown)]
    if not rows:
        return 0
    sealed = keyring_of(session).seal_text(withdrawal.model_dump_json(), _CONTENT)
    news = {"kind": "withdraw", "content": sealed, "created_at": utc_now()}
    kept = ("workstation_id", "delivery_id", "message_id", "stage", "expire_at")
    await _add(session, [{name: row[name] for name in kept} | news for row in rows])
    table = table_of(PopupRow)
    gone = update(table).where(table.c.seq.in_([row["seq"] for row in rows]))
    await connection.execute(
        gone.values(stage=PopupStage.WITHDRAWN, staged_at=utc_now())
    )
    return len(rows)


async def _add(session: Session, rows: list[dict[str, Any]]) -> None:
    new = insert_into(dialect_of(session), table_of(PopupRow))
    connection = await session.connection()
    await connection.execute(new.on_conflict_do_nothing(), rows)


async def latest(session: Session) -> int:
    """Return the last number of the sequence."""
    table = table_of(PopupRow)
    connection = await session.connection()
    last = core_select(func.max(table.c.seq))
    return int((await connection.execute(last)).scalar_one() or 0)


async def events_after(
    session: Session,
    seq: int,
    stations: Collection[str],
    *,
    open_only: bool = False,
    limit: int = 500,
) -> tuple[Event, ...]:
    """Return what came after a number for these workstations, in order.

    `open_only` leaves out what nobody needs to see any more: expired, dealt
    with, or withdrawn before it was ever fetched.
    """
    table = table_of(PopupRow)
    wanted = core_select(table).where(
        table.c.workstation_id.in_(stations), table.c.seq > seq
    )
    if open_only:
        wanted = wanted.where(table.c.expire_at > utc_now())
        wanted = wanted.where(
            (table.c.kind == "withdraw") | table.c.stage.not_in(sorted(OVER))
        )
    connection = await session.connection()
    rows = await connection.execute(wanted.order_by(table.c.seq).limit(limit))
    return tuple(_event(session, row._asdict()) for row in rows)


async def find_popup(session: Session, station: str, delivery_id: UUID) -> Event | None:
    """Return a workstation's pop-up, None where it has none of this id."""
    table = table_of(PopupRow)
    wanted = core_select(table).where(
        table.c.delivery_id == delivery_id,
        table.c.workstation_id == station,
        table.c.kind == "msg",
    )
    connection = await session.connection()
    row = (await connection.execute(wanted)).first()
    return None if row is None else _event(session, row._asdict())


async def move(session: Session, seq: int, stage: PopupStage) -> bool:
    """Note how far a workstation has come; False where it was there already."""
    table = table_of(PopupRow)
    earlier = _ORDER[: _ORDER.index(stage)]
    forward = update(table).where(table.c.seq == seq, table.c.stage.in_(earlier))
    connection = await session.connection()
    done = await connection.execute(forward.values(stage=stage, staged_at=utc_now()))
    return done.rowcount == 1


async def all_rejected(
    session: Session, delivery_id: UUID, but: str | None = None
) -> bool:
    """Tell whether every workstation (`but` one) that was sent it rejected it."""
    table = table_of(PopupRow)
    others = core_select(func.count()).where(
        table.c.delivery_id == delivery_id,
        table.c.kind == "msg",
        table.c.workstation_id != (but or ""),
        table.c.stage != PopupStage.REJECTED,
    )
    connection = await session.connection()
    return (await connection.execute(others)).scalar_one() == 0


async def purge(session: Session, now: datetime) -> None:
    """Forget what is older than `KEPT`."""
    table = table_of(PopupRow)
    connection = await session.connection()
    await connection.execute(delete(table).where(table.c.created_at < now - KEPT))


def _event(session: Session, row: dict[str, Any]) -> Event:
    plain = keyring_of(session).unseal_text(row["content"], _CONTENT)
    known = {name: row[name] for name in Event.model_fields if name in row}
    if row["kind"] == "msg":
        return Event(**known, popup=Popup.model_validate_json(plain))
    return Event(**known, withdrawal=Withdrawal.model_validate_json(plain))
