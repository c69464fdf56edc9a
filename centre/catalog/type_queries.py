"""Reads and writes message types and the versions of their policies."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, update
from sqlalchemy import select as core_select
from sqlmodel import col, insert, select

from centre.catalog.models import MessageTypeDraft, PolicyVersion
from centre.catalog.tables import MessageTypeRow, PolicyRow, TemplateRow, TypeChannelRow
from centre.catalog.template_queries import TEMPLATE_COLUMNS
from core.clock import utc_now
from core.errors import NotFound
from core.policies import MessageType, Policy, Template
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session
from db.sql import table_of


async def message_type(session: Session, code: str) -> MessageType:
    """Return a type as `find_message_type` does; NotFound where there is none."""
    kind = await find_message_type(session, code)
    if kind is None:
        raise NotFound("There is no such message type.")
    return kind


async def find_message_type(session: Session, code: str) -> MessageType | None:
    """Return a type with its policy and each channel's newest template."""
    found = await _types(session, [code])
    return found[0] if found else None


async def list_message_types(
    session: Session, cursor: str | None = None, limit: int = 100
) -> Page[MessageType]:
    """Return types in the order of their codes."""
    limit = clamp(limit)
    wanted = select(MessageTypeRow.code).order_by(col(MessageTypeRow.code))
    if cursor is not None:
        wanted = wanted.where(MessageTypeRow.code > decode_cursor(cursor, 1)[0])
    codes = (await session.exec(wanted.limit(limit + 1))).all()
    shown, more = cut(codes, limit)
    types = await _types(session, shown)
    return Page(items=types, next=encode_cursor(shown[-1]) if more else None)


async def all_type_codes(session: Session) -> set[str]:
    """Return the code of every type."""
    return set((await session.exec(select(MessageTypeRow.code))).all())


async def _types(session: Session, codes: Collection[str]) -> tuple[MessageType, ...]:
    connection = await session.connection()
    rows = await connection.execute(_type_statement(), {"codes": list(codes)})
    by_code: dict[str, list[dict[str, Any]]] = {code: [] for code in codes}
    for row in rows:
        by_code[row.code].append(row._asdict())
    return tuple(_message_type(found) for found in by_code.values() if found)


@cache
def _type_statement() -> Select[*tuple[Any, ...]]:
    """One row per type and channel, so that a type is one round trip."""
    types, current = table_of(MessageTypeRow), table_of(TypeChannelRow)
    versions = table_of(TemplateRow)
    newest = and_(
        versions.c.type_code == current.c.type_code,
        versions.c.channel == current.c.channel,
        versions.c.version == current.c.version,
    )
    return (
        core_select(
            *(types.c[name] for name in _TYPE_COLUMNS),
            current.c.enabled.label("template_enabled"),
            *(versions.c[name] for name in TEMPLATE_COLUMNS),
        )
        .select_from(
            types.outerjoin(current, current.c.type_code == types.c.code).outerjoin(
                versions, newest
            )
        )
        .where(types.c.code.in_(bindparam("codes", expanding=True)))
        .order_by(types.c.code, current.c.channel)
    )


_TYPE_COLUMNS = (
    *("code", "name", "name_en", "priority", "type_class", "enabled"),
    *("acknowledge", "read_back_param", "correction", "digest", "policy"),
    *("retry_seconds", "resend_when_back"),
)


def _message_type(rows: Iterable[dict[str, Any]]) -> MessageType:
    """Put a type together from its rows, one per channel that has a template."""
    templates: dict[str, Any] = {}
    kind: dict[str, Any] = {}
    for row in rows:
        kind = {name: row[name] for name in _TYPE_COLUMNS}
        if row["version"] is not None:
            content = {name: row[name] for name in TEMPLATE_COLUMNS}
            content["enabled"] = row["template_enabled"]
            templates[row["channel"]] = Template.model_validate(content)
    return MessageType.model_validate({**kind, "templates": templates})


async def add_message_type(session: Session, draft: MessageTypeDraft) -> None:
    """Write a new type with an empty policy."""
    now = utc_now()
    row = {
        **draft.model_dump(mode="json"),
        "policy": Policy().model_dump(mode="json"),
        "created_at": now,
        "updated_at": now,
    }
    await session.exec(insert(table_of(MessageTypeRow)).values(row))


async def change_message_type(
    session: Session, code: str, columns: Mapping[str, Any]
) -> None:
    """Write these columns of a type, which are fields of `MessageTypeChanges`."""
    this_one = update(MessageTypeRow).where(col(MessageTypeRow.code) == code)
    await session.exec(this_one.values(**columns, updated_at=utc_now()))


async def add_policy(session: Session, code: str, policy: Policy, set_by: str) -> None:
    """Write a version of a type's policy and let it hold."""
    packed, now = policy.model_dump(mode="json"), utc_now()
    this_one = update(MessageTypeRow).where(col(MessageTypeRow.code) == code)
    await session.exec(this_one.values(policy=packed, updated_at=now))
    values = {"type_code": code, "version": policy.version, "policy": packed}
    added = insert(table_of(PolicyRow)).values(**values, set_by=set_by, set_at=now)
    await session.exec(added)


async def policy_versions(session: Session, code: str) -> tuple[PolicyVersion, ...]:
    """Return every version of a type's policy, the newest first."""
    wanted = select(PolicyRow).where(PolicyRow.type_code == code)
    rows = await session.exec(wanted.order_by(col(PolicyRow.version).desc()))
    return tuple(
        PolicyVersion(
            policy=Policy.model_validate(row.policy),
            set_by=row.set_by,
            set_at=row.set_at,
        )
        for row in rows
    )
