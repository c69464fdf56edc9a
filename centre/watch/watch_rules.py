"""What queues are watched for: thresholds, expected times, and whom to tell."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from pydantic import Field, TypeAdapter
from sqlmodel import col, select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.clients.tables import ClientRow
from centre.watch.rules import Expected, OwnThresholds, Thresholds
from centre.watch.tables import WatchRulesRow
from core.base import Model
from core.errors import Invalid, NotFound, Wrong
from core.identities import mask, normalise
from core.models import Address
from db.columns import utc_now
from db.session import Session
from db.sql import keyring_of, lock

MOST_TOLD = 20
_THRESHOLDS, _EXPECTED, _RECIPIENTS = "thresholds", "expected", "recipients"
_SEALED = "watch_rules.recipients"
_ADDRESSES = TypeAdapter(tuple[Address, ...])

_Rules = TypeVar("_Rules", Thresholds, OwnThresholds, Expected)


class WatchRules(Model):
    """What holds for all queues; addresses are masked."""

    thresholds: Thresholds
    expected: Expected
    recipients: tuple[Address, ...] = Field(default=(), max_length=MOST_TOLD)
    set_at: datetime | None = None


class QueueThresholds(Model):
    """One client's thresholds: its own, and what holds."""

    client: str
    own: OwnThresholds
    in_force: Thresholds


class Limits(Model):
    """The thresholds of every queue."""

    defaults: Thresholds
    own: dict[str, OwnThresholds]

    def of(self, client: str) -> Thresholds:
        """Return the thresholds in force for a client."""
        own = self.own.get(client)
        return own.over(self.defaults) if own else self.defaults


async def watch_rules(session: Session) -> WatchRules:
    """Return what holds for all queues."""
    row = await session.get(WatchRulesRow, _RECIPIENTS)
    told = await recipients(session)
    return WatchRules(
        thresholds=await _read(session, _THRESHOLDS, Thresholds()),
        expected=await expected(session),
        recipients=tuple(_masked(told)),
        set_at=row.set_at if row else None,
    )


def _masked(told: Iterable[Address]) -> Iterable[Address]:
    return (Address(type=a.type, value=mask(a.type, a.value)) for a in told)


async def expected(session: Session) -> Expected:
    """Return within which time messages are expected to make a step."""
    return await _read(session, _EXPECTED, Expected())


async def limits(session: Session) -> Limits:
    """Return the thresholds of every queue, in one read."""
    prefix = f"{_THRESHOLDS}/"
    rows = await session.exec(
        select(WatchRulesRow).where(col(WatchRulesRow.scope).startswith(_THRESHOLDS))
    )
    found = {row.scope: row.rules for row in rows}
    defaults = Thresholds.model_validate_json(found.pop(_THRESHOLDS, "{}"))
    own = {
        scope.removeprefix(prefix): OwnThresholds.model_validate_json(rules)
        for scope, rules in found.items()
    }
    return Limits(defaults=defaults, own=own)


async def thresholds_of(session: Session, client: str) -> QueueThresholds:
    """Return one client's thresholds; NotFound where there is no such client."""
    if await session.get(ClientRow, client) is None:
        raise NotFound("There is no such client.")
    known = await limits(session)
    own = known.own.get(client, OwnThresholds())
    return QueueThresholds(client=client, own=own, in_force=known.of(client))


async def put_thresholds(
    session: Session, rules: Thresholds, actor: Actor
) -> Thresholds:
    """Set what holds for every client without thresholds of its own."""
    return await _write(session, _THRESHOLDS, Thresholds(), rules, actor)


async def put_own_thresholds(
    session: Session, client: str, rules: OwnThresholds, actor: Actor
) -> QueueThresholds:
    """Set what differs for one client; NotFound where there is none."""
    await thresholds_of(session, client)
    scope = f"{_THRESHOLDS}/{client}"
    await _write(session, scope, OwnThresholds(), rules, actor)
    return await thresholds_of(session, client)


async def put_expected(session: Session, rules: Expected, actor: Actor) -> Expected:
    """Set within which time messages are expected to make a step."""
    return await _write(session, _EXPECTED, Expected(), rules, actor)


async def recipients(session: Session) -> tuple[Address, ...]:
    """Return whom to tell of an alarm."""
    row = await session.get(WatchRulesRow, _RECIPIENTS)
    if row is None:
        return ()
    plain = keyring_of(session).unseal_text(row.rules, _SEALED)
    return _ADDRESSES.validate_json(plain)


async def put_recipients(
    session: Session, told: tuple[Address, ...], actor: Actor
) -> None:
    """Set whom to tell of an alarm; Invalid names the places that are wrong."""
    normal = _normal(told)
    before = await recipients(session)
    packed = json.dumps([a.model_dump(mode="json") for a in normal])
    sealed = keyring_of(session).seal_text(packed, _SEALED)
    await _put(session, _RECIPIENTS, sealed, actor)
    counts = ({"recipients": len(before)}, {"recipients": len(normal)})
    await audit.write(session, actor, "update", f"watch/{_RECIPIENTS}", *counts)


def _normal(told: tuple[Address, ...]) -> tuple[Address, ...]:
    found, wrong = [], []
    for place, address in enumerate(told):
        try:
            value = normalise(address.type, address.value)
            found.append(Address(type=address.type, value=value))
        except ValueError as error:
            wrong.append(Wrong(f"/recipients/{place}/value", f"The identity {error}."))
    if wrong:
        raise Invalid("The recipients were refused; see `errors`.", wrong)
    return tuple(dict.fromkeys(found))


async def _read(session: Session, scope: str, default: _Rules) -> _Rules:
    row = await session.get(WatchRulesRow, scope)
    return type(default).model_validate_json(row.rules) if row else default


async def _write(
    session: Session, scope: str, default: _Rules, rules: _Rules, actor: Actor
) -> _Rules:
    await lock(session, "watch-rules")
    before = (await _read(session, scope, default)).model_dump(mode="json")
    await _put(session, scope, rules.model_dump_json(), actor)
    after = rules.model_dump(mode="json")
    await audit.write(session, actor, "update", f"watch/{scope}", before, after)
    return rules


async def _put(session: Session, scope: str, rules: str, actor: Actor) -> None:
    row = await session.get(WatchRulesRow, scope)
    row = row or WatchRulesRow(scope=scope, rules="", set_by="", set_at=utc_now())
    row.rules, row.set_by, row.set_at = rules, actor.who, utc_now()
    session.add(row)
    await session.flush()
