"""Reads and writes what each channel says for a type, version by version."""

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, update
from sqlalchemy import select as core_select
from sqlmodel import col, insert

from centre.catalog.models import DeliveryRules, TemplateVersion
from centre.catalog.tables import (
    ChannelRow,
    MessageTypeRow,
    TemplateRow,
    TypeChannelRow,
)
from core.clock import utc_now
from core.policies import Template
from core.words import Channel
from db.session import Session
from db.sql import dialect_of, insert_into, table_of

TEMPLATE_COLUMNS = (
    "channel",
    "version",
    "title",
    "body",
    "provider_template",
    "fields",
)


async def template(
    session: Session, code: str, channel: Channel, version: int
) -> Template | None:
    """Return one version, with its channel's switch."""
    rules = await delivery_rules(session, code, channel, version)
    return None if rules is None else rules.template


async def delivery_rules(
    session: Session, code: str, channel: Channel, version: int
) -> DeliveryRules | None:
    """Return what decides about a delivery; None for an unknown type."""
    connection = await session.connection()
    wanted = {"code": code, "wanted_channel": str(channel), "wanted_version": version}
    row = (await connection.execute(_rules_statement(), wanted)).first()
    if row is None:
        return None
    found = row._asdict()
    return DeliveryRules(
        type_enabled=found.pop("type_enabled"),
        channel_enabled=found.pop("channel_enabled") is not False,
        limits=found.pop("limits") or {},
        template=None if found["version"] is None else Template.model_validate(found),
    )


@cache
def _rules_statement() -> Select[*tuple[Any, ...]]:
    types, channels = table_of(MessageTypeRow), table_of(ChannelRow)
    versions, current = table_of(TemplateRow), table_of(TypeChannelRow)
    channel: BindParameter[str] = bindparam("wanted_channel")
    version: BindParameter[int] = bindparam("wanted_version")
    this_one = and_(
        versions.c.type_code == types.c.code,
        versions.c.channel == channel,
        versions.c.version == version,
    )
    switch = and_(current.c.type_code == types.c.code, current.c.channel == channel)
    tables = types.outerjoin(channels, channels.c.code == channel)
    tables = tables.outerjoin(versions, this_one).outerjoin(current, switch)
    return (
        core_select(
            types.c.enabled.label("type_enabled"),
            channels.c.enabled.label("channel_enabled"),
            channels.c.limits,
            current.c.enabled,
            *(versions.c[name] for name in TEMPLATE_COLUMNS),
        )
        .select_from(tables)
        .where(types.c.code == bindparam("code"))
    )


async def template_versions(
    session: Session, code: str, channel: Channel
) -> tuple[TemplateVersion, ...]:
    """Return every version with who set it and when, the newest first."""
    versions, current = table_of(TemplateRow), table_of(TypeChannelRow)
    same = and_(
        current.c.type_code == versions.c.type_code,
        current.c.channel == versions.c.channel,
    )
    names = (*TEMPLATE_COLUMNS, "created_by", "created_at")
    wanted = (
        core_select(current.c.enabled, *(versions.c[name] for name in names))
        .select_from(versions.join(current, same))
        .where(versions.c.type_code == code, versions.c.channel == str(channel))
        .order_by(versions.c.version.desc())
    )
    connection = await session.connection()
    rows = await connection.execute(wanted)
    return tuple(_version(row._asdict()) for row in rows)


def _version(row: dict[str, Any]) -> TemplateVersion:
    set_by, set_at = row.pop("created_by"), row.pop("created_at")
    said = Template.model_validate(row)
    return TemplateVersion(template=said, set_by=set_by, set_at=set_at)


async def add_template(
    session: Session, code: str, added: Template, created_by: str
) -> None:
    """Write a version of what a channel says, and let the channel say it."""
    current = {"version": added.version, "enabled": added.enabled}
    key = {"type_code": code, "channel": str(added.channel)}
    new = insert_into(dialect_of(session), table_of(TypeChannelRow))
    new = new.values(**key, **current)
    await session.exec(new.on_conflict_do_update(index_elements=[*key], set_=current))
    content = added.model_dump(exclude={"enabled"})
    who = {"type_code": code, "created_by": created_by, "created_at": utc_now()}
    await session.exec(insert(table_of(TemplateRow)).values(**content, **who))


async def switch_template(
    session: Session, code: str, channel: Channel, enabled: bool
) -> None:
    """Let a channel speak for a type, or no longer."""
    row = TypeChannelRow
    this_one = update(row).where(
        col(row.type_code) == code, col(row.channel) == str(channel)
    )
    await session.exec(this_one.values(enabled=enabled))
