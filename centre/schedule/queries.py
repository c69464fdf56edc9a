"""When the hospital, a class, a type or a channel may send; holidays."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func
from sqlalchemy import select as core_select
from sqlmodel import col, delete, insert, select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.catalog.tables import MessageTypeRow
from centre.schedule.rules import Book, Holiday, SendingRules, next_allowed
from centre.schedule.tables import HolidayRow, SendingRulesRow
from core.base import Model
from core.errors import Invalid, NotFound, Wrong
from core.words import TypeClass
from db.columns import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, lock, table_of

_UTC = ZoneInfo("UTC")
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class RulesVersion(Model):
    """One version of a scope's rules, and who set it; 0: nothing was set yet."""

    scope: str
    version: int = 0
    rules: SendingRules = SendingRules()
    set_by: str | None = None
    set_at: datetime | None = None


async def book(session: Session) -> Book:
    """Return everything that is set now."""
    connection = await session.connection()
    types = table_of(MessageTypeRow)
    wanted = core_select(types.c.code, types.c.type_class, types.c.digest)
    kinds = (await connection.execute(wanted)).all()
    return Book(
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


async def put_rules(
    session: Session, scope: str, rules: SendingRules, actor: Actor
) -> RulesVersion:
    """Add a version of a scope's rules; it holds within seconds."""
    _check(scope, rules)
    await lock(session, "sending-rules")
    before = await rules_of(session, scope)
    packed = rules.model_dump(mode="json")
    added = RulesVersion(
        scope=scope,
        version=before.version + 1,
        rules=rules,
        set_by=actor.who,
        set_at=utc_now(),
    )
    values = added.model_dump(exclude={"rules"}) | {"rules": packed}
    await session.exec(insert(table_of(SendingRulesRow)).values(values))
    old = before.rules.model_dump(mode="json")
    target = f"sending-times/{scope}"
    await audit.write(session, actor, "add-version", target, old, packed)
    return added


def _check(scope: str, rules: SendingRules) -> None:
    wrong: list[Wrong] = []
    if rules.caps and scope.startswith("channel:"):
        wrong.append(Wrong("/caps", "A channel has limits, not caps."))
    if next_allowed(_ANY_DAY, [rules], {}, _UTC) is None:
        wrong.append(Wrong("/quiet", "Nothing could ever be sent."))
    if wrong:
        raise Invalid("The sending times were refused; see `errors`.", wrong)


async def list_holidays(session: Session) -> tuple[Holiday, ...]:
    """Return every holiday, in order of the days."""
    rows = await session.exec(select(HolidayRow).order_by(col(HolidayRow.day)))
    return tuple(Holiday.model_validate(row.model_dump()) for row in rows)


async def put_holidays(
    session: Session, holidays: Sequence[Holiday], actor: Actor
) -> None:
    """Write holidays, over those of the same days."""
    if not holidays:
        return
    days = {holiday.day: holiday.model_dump() for holiday in holidays}
    new = insert_into(dialect_of(session), table_of(HolidayRow))
    new = new.values(list(days.values()))
    changes = {"name": new.excluded.name, "counts_as": new.excluded.counts_as}
    written = new.on_conflict_do_update(index_elements=["day"], set_=changes)
    await session.exec(written)
    after = {str(day): values["counts_as"] for day, values in sorted(days.items())}
    await audit.write(session, actor, "update", "holidays", None, after)


async def delete_holiday(session: Session, day: date, actor: Actor) -> None:
    """Make a holiday an ordinary day again."""
    if await session.get(HolidayRow, day) is None:
        raise NotFound("There is no such holiday.")
    await session.exec(delete(HolidayRow).where(col(HolidayRow.day) == day))
    await audit.write(session, actor, "delete", f"holidays/{day}")
