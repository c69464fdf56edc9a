"""What each channel says for a type: versions that never change, and a switch."""

from collections.abc import Mapping

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import template_queries, type_queries
from centre.catalog.clinical import clinical_findings
from centre.catalog.impact import check_base, impact, refuse_breaking
from centre.catalog.models import Breaking, Review, TemplateDraft, TemplateVersion
from centre.catalog.placeholders import template_placeholders
from centre.catalog.previews import Shown, preview_of
from centre.catalog.template_rules import check_preview, check_template
from centre.context import Context
from centre.providers.filing import check_filing
from core.base import evolve
from core.errors import NotFound
from core.policies import MessageType, Template
from core.words import Channel
from db.session import Session
from db.sql import lock


async def template_versions(
    context: Context, code: str, channel: Channel
) -> tuple[TemplateVersion, ...]:
    """Return every version with who set it and when, the newest first."""
    async with context.store.sessions() as session:
        await type_queries.message_type(session, code)
        return await template_queries.template_versions(session, code, channel)


async def preview_template(
    context: Context, code: str, channel: Channel, params: Mapping[str, str]
) -> Shown:
    """Return what the newest version shows, filled with these values."""
    async with context.store.sessions() as session:
        message_type = await type_queries.message_type(session, code)
    newest = _newest(message_type, channel)
    check_preview(newest, params)
    return preview_of(newest, params)


async def review_template(
    context: Context, code: str, channel: Channel, draft: TemplateDraft
) -> Review:
    """Return what a new version of a template would change.

    Refuses what `put_template` would refuse.
    """
    async with context.store.sessions() as session:
        new = draft.template(channel, 0, enabled=True)
        await check_filing(session, context.settings, new)
        return await _review(session, code, channel, draft)


async def put_template(
    context: Context,
    code: str,
    channel: Channel,
    draft: TemplateDraft,
    actor: Actor,
    breaking: Breaking = Breaking.ALLOW,
) -> Template:
    """Add a version and make it the current one; the switch stays as it is.

    Invalid where no provider in use takes it; Conflict where it is based on another
    version than holds, or breaks requests and `breaking` refuses that.
    """
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        new = draft.template(channel, 0, enabled=True)
        await check_filing(session, context.settings, new)
        return await add_template(session, code, channel, draft, actor, breaking)


async def add_template(
    session: Session,
    code: str,
    channel: Channel,
    draft: TemplateDraft,
    actor: Actor,
    breaking: Breaking = Breaking.ALLOW,
) -> Template:
    """Add a version as a part of a larger change, whatever providers are in use."""
    await lock(session, "catalog")
    refuse_breaking(await _review(session, code, channel, draft), breaking)
    message_type = await type_queries.message_type(session, code)
    held = message_type.templates.get(channel)
    version = held.version + 1 if held else 1
    added = draft.template(channel, version, enabled=held.enabled if held else True)
    await template_queries.add_template(session, code, added, actor.who)
    await _note(session, actor, "add-version", code, added)
    return added


async def review_restoration(
    context: Context, code: str, channel: Channel, version: int
) -> Review:
    """Return what would change if an old version held again."""
    async with context.store.sessions() as session:
        old = await _version(session, code, channel, version)
        return await _review(session, code, channel, TemplateDraft.again(old))


async def restore_template(
    context: Context,
    code: str,
    channel: Channel,
    version: int,
    actor: Actor,
    breaking: Breaking = Breaking.ALLOW,
) -> Template:
    """Say again what a version said: a new version with the old content."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, "catalog")
        old = await _version(session, code, channel, version)
        draft = TemplateDraft.again(old)
        return await add_template(session, code, channel, draft, actor, breaking)


async def set_template_enabled(
    context: Context, code: str, channel: Channel, enabled: bool, actor: Actor
) -> Template:
    """Switch a type's channel on or off, all its versions; returns the newest."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, "catalog")
        _newest(await type_queries.message_type(session, code), channel)
        await template_queries.switch_template(session, code, channel, enabled)
        newest = _newest(await type_queries.message_type(session, code), channel)
        action = "enable" if enabled else "disable"
        await _note(session, actor, action, code, newest)
        return newest


async def _review(
    session: Session, code: str, channel: Channel, draft: TemplateDraft
) -> Review:
    check_template(draft)
    message_type = await type_queries.message_type(session, code)
    held = message_type.templates.get(channel)
    check_base(draft.version, held.version if held else 0)
    new = draft.template(channel, 0, enabled=True)
    after = evolve(message_type, templates={**message_type.templates, channel: new})
    names = tuple(template_placeholders(new))
    review = await impact(session, message_type, after, names)
    return evolve(review, clinical=clinical_findings(new))


def _newest(message_type: MessageType, channel: Channel) -> Template:
    """Return what a channel says for a type; NotFound where it says nothing."""
    found = message_type.templates.get(channel)
    if found is None:
        raise NotFound("This message type has no template for this channel.")
    return found


async def _version(
    session: Session, code: str, channel: Channel, version: int
) -> Template:
    found = await template_queries.template(session, code, channel, version)
    if found is None:
        raise NotFound("This template has no such version.")
    return found


async def _note(
    session: Session, actor: Actor, action: str, code: str, now: Template
) -> None:
    target = f"message-types/{code}/templates/{now.channel}"
    await audit.write(session, actor, action, target, None, now.model_dump(mode="json"))
