"""`/v1/admin/message-types/{code}/templates`: what each channel says for a type."""

from fastapi import APIRouter
from pydantic import Field

from api.admin.common import PREFIX, ChannelPath, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Nothing
from centre.catalog import templates
from centre.catalog.models import Breaking, Review, TemplateDraft, TemplateVersion
from centre.catalog.previews import Shown
from core.base import Model
from core.fields import MAX_PARAMS, ParamName
from core.policies import Template
from db.pages import Page

_PREFIX = PREFIX + "/message-types/{code}/templates/{channel}"
router = APIRouter(
    prefix=_PREFIX,
    tags=["admin: templates"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


class PreviewRequest(Model):
    """Values for a template's placeholders."""

    params: dict[ParamName, str] = Field(default={}, max_length=MAX_PARAMS)


class Restoration(Model):
    """Which version shall hold again."""

    version: int = Field(ge=1, le=1_000_000, strict=True)


@router.put("")
async def put_template(
    code: CodePath,
    channel: ChannelPath,
    body: TemplateDraft,
    caller: Admin,
    context: ContextDep,
    breaking: Breaking = Breaking.ALLOW,
) -> Template:
    """Add a version; placeholders are `{{name}}`, and nothing else is special."""
    return await templates.put_template(
        context, code, channel, body, caller.actor, breaking
    )


@router.get("")
async def list_templates(
    code: CodePath, channel: ChannelPath, caller: Looker, context: ContextDep
) -> Page[Template]:
    """List a template's versions."""
    found = await templates.template_versions(context, code, channel)
    return Page[Template](items=tuple(version.template for version in found))


@router.get("/versions")
async def list_template_versions(
    code: CodePath, channel: ChannelPath, caller: Looker, context: ContextDep
) -> Page[TemplateVersion]:
    """List a template's versions, and who set them."""
    found = await templates.template_versions(context, code, channel)
    return Page[TemplateVersion](items=found)


@router.post("/check")
async def check_template(
    code: CodePath,
    channel: ChannelPath,
    body: TemplateDraft,
    caller: Looker,
    context: ContextDep,
) -> Review:
    """Say what this version would change, and for which clients; change nothing."""
    return await templates.review_template(context, code, channel, body)


@router.post("/restore")
async def restore_template(
    code: CodePath,
    channel: ChannelPath,
    body: Restoration,
    caller: Admin,
    context: ContextDep,
    breaking: Breaking = Breaking.ALLOW,
) -> Template:
    """Say again what a version said: a new version with the old content."""
    return await templates.restore_template(
        context, code, channel, body.version, caller.actor, breaking
    )


@router.post("/enable")
async def enable_template(
    code: CodePath,
    channel: ChannelPath,
    caller: Admin,
    context: ContextDep,
    _: Nothing | None = None,
) -> Template:
    """Let the channel speak for this type again."""
    return await templates.set_template_enabled(
        context, code, channel, True, caller.actor
    )


@router.post("/disable")
async def disable_template(
    code: CodePath,
    channel: ChannelPath,
    caller: Admin,
    context: ContextDep,
    _: Nothing | None = None,
) -> Template:
    """Silence the channel for this type, all versions at once."""
    return await templates.set_template_enabled(
        context, code, channel, False, caller.actor
    )


@router.post("/preview")
async def preview_template(
    code: CodePath,
    channel: ChannelPath,
    body: PreviewRequest,
    caller: Looker,
    context: ContextDep,
) -> Shown:
    """Show the newest version with these values in place."""
    return await templates.preview_template(context, code, channel, body.params)
