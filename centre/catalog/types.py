"""Message types and their policies; the rest of the catalogue beside them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import Field
from sqlalchemy import Select, and_, bindparam
from sqlalchemy import select as core_select
from sqlmodel import col, insert, select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.catalog.digest_texts import check_digest
from centre.catalog.tables import MessageTypeRow, PolicyRow, TemplateRow, TypeChannelRow
from centre.catalog.templates import TEMPLATE_COLUMNS
from core.base import Model, evolve
from core.errors import Conflict, NotFound
from core.fields import Code, ParamName
from core.policies import MessageType, Policy, Template, check_policy
from core.retries import RetrySeconds
from core.text.plain_text import PlainText
from core.words import Priority, TypeClass
from db.columns import utc_now
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session
from db.sql import lock, table_of


class _TypeFields(Model):
    name_en: PlainText = Field(default="", max_length=128)
    priority: Priority = Priority.NORMAL
    type_class: TypeClass = TypeClass.SERVICE
    enabled: bool = True
    acknowledge: bool = False
    read_back_param: ParamName | None = None
    correction: Code | None = None
    digest: Code | None = None
    retry_seconds: RetrySeconds | None = None
    resend_when_back: bool = True


class MessageTypeDraft(_TypeFields):
    """A message type to create; its policy and templates come separately."""

    code: Code
    name: PlainText = Field(min_length=1, max_length=128)


class MessageTypeChanges(_TypeFields):
    """What to change of a message type; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)


class PolicyVersion(Model):
    """One version of a type's policy, and who set it."""

    policy: Policy
    set_by: str
    set_at: datetime


async def message_type(session: Session, code: str) -> MessageType | None:
    """Return a type with its policy and each channel's newest template."""
    connection = await session.connection()
    rows = (await connection.execute(_type_statement(), {"codes": [code]})).all()
    return _message_type([row._asdict() for row in rows]) if rows else None


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


async def create_message_type(
    session: Session, draft: MessageTypeDraft, actor: Actor
) -> MessageType:
    """Create a type with an empty policy; Conflict if the code is taken."""
    await lock(session, "message-types")
    if await session.get(MessageTypeRow, draft.code) is not None:
        raise Conflict("There is already a message type of this code.")
    now = utc_now()
    empty = Policy().model_dump(mode="json")
    row = MessageTypeRow(
        **draft.model_dump(mode="json"), policy=empty, created_at=now, updated_at=now
    )
    session.add(row)
    await session.flush()
    after = draft.model_dump(mode="json")
    await audit.write(session, actor, "create", _target(draft.code), None, after)
    added = MessageType.model_validate({**draft.model_dump(), "policy": empty})
    await _check_digest(session, added)
    return added


async def update_message_type(
    session: Session, code: str, changes: MessageTypeChanges, actor: Actor
) -> MessageType:
    """Change a type; a disabled one takes no messages and withholds waiting ones."""
    row = await _row(session, code)
    news = changes.model_dump(mode="json", exclude_unset=True)
    before = {name: getattr(row, name) for name in news}
    row.sqlmodel_update({**news, "updated_at": utc_now()})
    session.add(row)
    await session.flush()
    await audit.write(session, actor, "update", _target(code), before, news)
    (changed,) = await _types(session, [code])
    if news.keys() & {"digest", "acknowledge"}:
        await _check_digest(session, changed)
    return changed


async def _check_digest(session: Session, kind: MessageType) -> None:
    if kind.digest is not None:
        check_digest(kind, await message_type(session, kind.digest))


async def put_policy(
    session: Session, code: str, policy: Policy, actor: Actor
) -> Policy:
    """Add a version of a type's policy; it holds for messages accepted from now."""
    check_policy(policy)
    await lock(session, "policies")
    row = await _row(session, code)
    await session.refresh(row)
    before, now = row.policy, utc_now()
    added = evolve(policy, version=before["version"] + 1)
    packed = added.model_dump(mode="json")
    row.policy, row.updated_at = packed, now
    session.add(row)
    await session.flush()
    values = {"type_code": code, "version": added.version, "policy": packed}
    version = insert(table_of(PolicyRow)).values(**values, set_by=actor.who, set_at=now)
    await session.exec(version)
    target = f"{_target(code)}/policy"
    await audit.write(session, actor, "add-version", target, before, packed)
    return added


async def policy_versions(session: Session, code: str) -> tuple[PolicyVersion, ...]:
    """Return every version of a type's policy, the newest first."""
    await _row(session, code)
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


async def _row(session: Session, code: str) -> MessageTypeRow:
    row = await session.get(MessageTypeRow, code)
    if row is None:
        raise NotFound("There is no such message type.")
    return row


def _target(code: str) -> str:
    return f"message-types/{code}"
