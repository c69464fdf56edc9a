"""Reads and writes what queues are watched for; whom to tell is sealed."""

from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter
from sqlmodel import col, select

from centre.watch.models import AlarmLimits
from centre.watch.rules import Expected, OwnThresholds, Thresholds
from centre.watch.tables import WatchRulesRow
from core.clock import utc_now
from core.models import Address
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

THRESHOLDS, EXPECTED, RECIPIENTS = "thresholds", "expected", "recipients"
_SEALED = "watch_rules.recipients"
_ADDRESSES = TypeAdapter(tuple[Address, ...])

Rules = TypeVar("Rules", Thresholds, OwnThresholds, Expected)


async def read(session: Session, scope: str, default: Rules) -> Rules:
    """Return the rules of a scope."""
    row = await session.get(WatchRulesRow, scope, populate_existing=True)
    return type(default).model_validate_json(row.rules) if row else default


async def put(session: Session, scope: str, rules: Rules, who: str) -> None:
    """Write the rules of a scope."""
    await _put(session, scope, rules.model_dump_json(), who)


async def expected(session: Session) -> Expected:
    """Return within which time messages are expected to make a step."""
    return await read(session, EXPECTED, Expected())


async def limits(session: Session) -> AlarmLimits:
    """Return the thresholds of every queue, in one read."""
    prefix = f"{THRESHOLDS}/"
    rows = await session.exec(
        select(WatchRulesRow).where(col(WatchRulesRow.scope).startswith(THRESHOLDS))
    )
    found = {row.scope: row.rules for row in rows}
    defaults = Thresholds.model_validate_json(found.pop(THRESHOLDS, "{}"))
    own = {
        scope.removeprefix(prefix): OwnThresholds.model_validate_json(rules)
        for scope, rules in found.items()
    }
    return AlarmLimits(defaults=defaults, own=own)


async def recipients(session: Session) -> tuple[Address, ...]:
    """Return whom to tell of an alarm."""
    row = await session.get(WatchRulesRow, RECIPIENTS, populate_existing=True)
    if row is None:
        return ()
    plain = keyring_of(session).unseal_text(row.rules, _SEALED)
    return _ADDRESSES.validate_json(plain)


async def put_recipients(session: Session, told: tuple[Address, ...], who: str) -> None:
    """Write whom to tell of an alarm."""
    packed = _ADDRESSES.dump_json(told).decode()
    sealed = keyring_of(session).seal_text(packed, _SEALED)
    await _put(session, RECIPIENTS, sealed, who)


async def recipients_set_at(session: Session) -> datetime | None:
    """Return when it was last set whom to tell."""
    row = await session.get(WatchRulesRow, RECIPIENTS, populate_existing=True)
    return row.set_at if row else None


async def _put(session: Session, scope: str, rules: str, who: str) -> None:
    values = {"scope": scope, "rules": rules, "set_by": who, "set_at": utc_now()}
    new = insert_into(dialect_of(session), table_of(WatchRulesRow)).values(values)
    written = new.on_conflict_do_update(index_elements=["scope"], set_=values)
    await session.exec(written)
