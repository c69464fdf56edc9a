"""What each channel says for a type: versions that never change, and a switch."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from unicodedata import normalize

from pydantic import Field, StringConstraints
from sqlalchemy import BindParameter, Select, and_, bindparam
from sqlalchemy import select as core_select
from sqlmodel import insert

from centre.audit import audit
from centre.audit.audit import Actor
from centre.catalog.tables import (
    ChannelRow,
    MessageTypeRow,
    TemplateRow,
    TypeChannelRow,
)
from core.base import Model
from core.errors import Invalid, NotFound, Wrong
from core.policies import Template
from core.text.templating import placeholders, render
from core.words import Channel
from db.columns import utc_now
from db.session import Session
from db.sql import lock, table_of

# Braces, and the brackets that others write placeholders in: ${name}, {1}, [[name]],
# <%name%>, 【【name】】, in any width or as HTML names them. A person would read them.
_OTHERS = re.compile(
    r"[{}❴❵⦃⦄⟦⟧]|\[\[|\]\]|<%|%>|【【|】】|&#(?:12[35]|x7[bd]);|&[lr](?:brace|cub);",
    re.IGNORECASE,
)
# The control characters but tab and line ends: no phone shows them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
TEMPLATE_COLUMNS = (
    "channel",
    "version",
    "title",
    "body",
    "provider_template",
    "fields",
)


class TemplateDraft(Model):
    """A new version of what a channel says for a type."""

    title: str = Field(default="", max_length=256)
    body: str = Field(min_length=1, max_length=8000)
    provider_template: str | None = Field(default=None, min_length=1, max_length=128)
    fields: dict[FieldName, str] = Field(default={}, max_length=32)


class TemplateVersion(Model):
    """One version of a template, and who set it."""

    template: Template
    set_by: str
    set_at: datetime


class DeliveryRules(Model):
    """What decides, at the moment of sending, whether and what a channel says."""

    type_enabled: bool
    channel_enabled: bool
    limits: dict[str, int] = {}
    template: Template | None


async def put_template(
    session: Session,
    code: str,
    channel: Channel,
    draft: TemplateDraft,
    actor: Actor,
) -> Template:
    """Add a version and make it the current one; the switch stays as it is."""
    check_template(draft)
    await lock(session, "templates")
    if await session.get(MessageTypeRow, code) is None:
        raise NotFound("There is no such message type.")
    current = await session.get(TypeChannelRow, (code, str(channel)))
    if current is None:
        current = TypeChannelRow(
            type_code=code, channel=str(channel), version=0, enabled=True
        )
    current.version += 1
    session.add(current)
    await session.flush()
    content = {"channel": channel, "version": current.version, **draft.model_dump()}
    who = {"type_code": code, "created_by": actor.who, "created_at": utc_now()}
    await session.exec(insert(table_of(TemplateRow)).values(**content, **who))
    added = Template(**content, enabled=current.enabled)
    await _changed(session, actor, "add-version", code, added)
    return added


def check_template(draft: TemplateDraft) -> None:
    """Refuse other brackets and control characters: they would go out as they stand."""
    texts = {"/title": draft.title, "/body": draft.body}
    texts |= {f"/fields/{name}": text for name, text in draft.fields.items()}
    wrong = [Wrong(at, "Placeholders are written {{name}}.") for at in _stray(texts)]
    wrong += [
        Wrong(at, "Holds a control character.")
        for at, text in texts.items()
        if _CONTROL.search(text)
    ]
    if wrong:
        raise Invalid("The template was refused; see `errors`.", wrong)


def _stray(texts: Mapping[str, str]) -> Iterator[str]:
    values = {name: "" for text in texts.values() for name in placeholders(text)}
    shown = {at: normalize("NFKC", render(text, values)) for at, text in texts.items()}
    return (at for at, text in shown.items() if _OTHERS.search(text))


async def _changed(
    session: Session, actor: Actor, action: str, code: str, now: Template
) -> None:
    target = f"message-types/{code}/templates/{now.channel}"
    await audit.write(session, actor, action, target, None, now.model_dump(mode="json"))


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


async def list_templates(
    session: Session, code: str, channel: Channel
) -> tuple[Template, ...]:
    """Return every version of a channel's template, the newest first."""
    versions = await template_versions(session, code, channel)
    return tuple(version.template for version in versions)


async def template_versions(
    session: Session, code: str, channel: Channel
) -> tuple[TemplateVersion, ...]:
    """Return every version with who set it and when, the newest first."""
    await _must_exist(session, code)
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


async def restore_template(
    session: Session, code: str, channel: Channel, version: int, actor: Actor
) -> Template:
    """Say again what a version said: a new version with the old content."""
    await lock(session, "templates")
    old = await template(session, code, channel, version)
    if old is None:
        raise NotFound("This template has no such version.")
    content = old.model_dump(include=set(TemplateDraft.model_fields))
    draft = TemplateDraft.model_validate(content)
    return await put_template(session, code, channel, draft, actor)


async def set_template_enabled(
    session: Session, code: str, channel: Channel, enabled: bool, actor: Actor
) -> Template:
    """Switch a type's channel on or off, all its versions; returns the newest."""
    await lock(session, "templates")
    await _must_exist(session, code)
    current = await session.get(TypeChannelRow, (code, str(channel)))
    if current is None:
        raise NotFound("This message type has no template for this channel.")
    current.enabled = enabled
    session.add(current)
    await session.flush()
    newest = await template(session, code, channel, current.version)
    if newest is None:
        raise NotFound("This message type has no template for this channel.")
    await _changed(session, actor, "enable" if enabled else "disable", code, newest)
    return newest


async def _must_exist(session: Session, code: str) -> None:
    if await session.get(MessageTypeRow, code) is None:
        raise NotFound("There is no such message type.")
