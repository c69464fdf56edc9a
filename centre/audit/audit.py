"""Who changed what: rows chained by hash, so that a change of one shows.

A row's hash is an HMAC under the centre's index key over the hash before it
and its own content: whoever can write the table but not read the keys can't
mend the chain. Cutting off the newest rows shows only against a head noted
elsewhere, so `verify_chain` returns the head.

These functions take part in their caller's transaction; what people ask of the
log is in centre/audit/service.py.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from centre.audit import queries
from centre.audit.tables import AuditRow
from core.base import Model
from core.clock import utc_now
from core.crypto import Keyring
from core.errors import Forbidden
from core.words import Role
from db.pages import Page
from db.session import Session
from db.sql import keyring_of, lock

_START = "0" * 64
SYSTEM = "system"


class Actor(Model):
    """Who changes something: a person, a client system or the centre itself."""

    who: str
    role: Role | str = SYSTEM
    address: str | None = None

    def must_be(self, *roles: Role | str) -> None:
        """Raise Forbidden for who has none of these roles, of people or others.

        The centre itself may do everything.
        """
        if self.role != SYSTEM and self.role not in roles:
            people = (role for role in roles if isinstance(role, Role))
            raise Forbidden("This needs the role " + " or ".join(people) + ".")


class AuditEntry(Model):
    """One row of the audit log."""

    number: int
    at: datetime
    actor: Actor
    action: str
    target: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    hash: str


class AuditFilter(Model):
    """Which rows of the audit log to list; `until` is not included."""

    who: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class ChainReport(Model):
    """Whether the audit log is whole; `broken_at` is the first wrong row."""

    rows: int
    broken_at: int | None = None
    head: str


async def write(
    session: Session,
    actor: Actor,
    action: str,
    target: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append a row in this transaction; values must hold nothing secret."""
    await lock(session, "audit")  # one writer: the chain has one end
    number, previous = await queries.newest(session) or (0, _START)
    row = {
        "number": number + 1,
        "at": utc_now(),
        "who": actor.who,
        "role": str(actor.role),
        "address": actor.address,
        "action": action,
        "target": target,
        "before": _packed(before),
        "after": _packed(after),
    }
    row["hash"] = _hash(keyring_of(session), previous, row)
    await queries.append(session, row)


def _packed(values: Mapping[str, Any] | None) -> str | None:
    if values is None:
        return None
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)


def _hash(keyring: Keyring, previous: str, row: Mapping[str, Any]) -> str:
    moment: datetime = row["at"]
    rest = {k: v for k, v in row.items() if k not in ("at", "hash")}
    content = {**rest, "at": moment.astimezone(UTC).isoformat(), "previous": previous}
    return keyring.index("audit", json.dumps(content, sort_keys=True))


def is_first(keyring: Keyring, row: Mapping[str, Any]) -> bool:
    """Tell whether a row begins the log under these keys."""
    return bool(row["hash"] == _hash(keyring, _START, row))


async def list_audit(
    session: Session,
    wanted: AuditFilter,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AuditEntry]:
    """Return rows, newest first."""
    found = await queries.page(session, wanted.model_dump(), cursor, limit)
    return Page(items=tuple(map(_entry, found.items)), next=found.next)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        at=row.at,
        actor=Actor(who=row.who, role=row.role, address=row.address),
        action=row.action,
        target=row.target,
        before=None if row.before is None else json.loads(row.before),
        after=None if row.after is None else json.loads(row.after),
        hash=row.hash,
    )


async def verify_chain(session: Session) -> ChainReport:
    """Recompute every hash of the log, in batches."""
    keyring, previous, count = keyring_of(session), _START, 0
    while batch := await queries.rows_after(session, count):
        for row in batch:
            count += 1
            right = _hash(keyring, previous, row)
            if row["number"] != count or row["hash"] != right:
                return ChainReport(rows=count, broken_at=count, head=previous)
            previous = right
    return ChainReport(rows=count, head=previous)
