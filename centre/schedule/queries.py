"""Reads and writes sending times and holidays."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, func
from sqlalchemy import select as core_select
from sqlmodel import col, delete, insert, select

from centre.catalog.tables import MessageTypeRow
from centre.schedule.models import RulesVersion
from centre.schedule.rules import Holiday, SendingSchedule
from centre.schedule.tables import HolidayRow, SendingRulesRow
from core.words import TypeClass
from db.session import Session
from db.sql import dialect_of, insert_into, table_of


async def book(session: Session) -> SendingSchedule:
    """Return everything that is set now."""
    connection = await session.connection()
    types = table_of(MessageTypeRow)
    wanted = core_select(types.c.code, types.c.type_class, types.c.digest)
    kinds = (await connection.execute(wanted)).all()
    return SendingSchedule(
        rules={v.scope: v.rules for v in await _newest(session)},
        classes={kind.code: TypeClass(kind.type_class) for kind in kinds},
        digests={kind.code: kind.digest for kind in kinds if kind.digest},
        holidays={h.day: h.counts_as for h in await list_holidays(session)},
    )


async def _newest(session: Session) -> list[RulesVersion]:
    table = table_of(SendingRulesRow)
    last = core_select(table.c.scope, func.max(table.c.version).label("version"))
    newest = last.group_by(table.c.scope).subquery()
    same = and_(table.c.scope == newest.c.scope, table.c.version == newest.c.version)
    rows = await (await session.connection()).execute(
        core_select(table).select_from(table.join(newest, same))
    )
    return [RulesVersion.model_validate(row._asdict()) for row in rows]


async def rules_versions(session: Session, scope: str) -> tuple[RulesVersion, ...]:
    """Return every version of a scope's rules, the newest first."""
    wanted = select(SendingRulesRow).where(SendingRulesRow.scope == scope)
    rows = await session.exec(wanted.order_by(col(SendingRulesRow.version).desc()))
    return tuple(RulesVersion.model_validate(row.model_dump()) for row in rows)


async def rules_of(session: Session, scope: str) -> RulesVersion:
    """Return what holds for a scope by itself."""
    found = await rules_versions(session, scope)
    return found[0] if found else RulesVersion(scope=scope)


async def add_rules(session: Session, added: RulesVersion) -> None:
    """Write a version of a scope's rules."""
    packed = {"rules": added.rules.model_dump(mode="json")}
    values = added.model_dump(exclude={"rules"}) | packed
    await session.exec(insert(table_of(SendingRulesRow)).values(values))


async def list_holidays(session: Session) -> tuple[Holiday, ...]:
    """Return every holiday, in order of the days."""
    rows = await session.exec(select(HolidayRow).order_by(col(HolidayRow.day)))
    return tuple(Holiday.model_validate(row.model_dump()) for row in rows)


async def put_holidays(session: Session, holidays: Sequence[Holiday]) -> None:
    """Write holidays, no day twice, over those of the same days."""
    new = insert_into(dialect_of(session), table_of(HolidayRow))
    new = new.values([holiday.model_dump() for holiday in holidays])
    changes = {"name": new.excluded.name, "counts_as": new.excluded.counts_as}
    written = new.on_conflict_do_update(index_elements=["day"], set_=changes)
    await session.exec(written)


async def delete_holiday(session: Session, day: date) -> bool:
    """Drop a holiday; False where there is none."""
    dropped = delete(HolidayRow).where(col(HolidayRow.day) == day)
    return bool((await session.exec(dropped)).rowcount)
