"""`/v1/admin/message-types/{code}/templates`: what each channel says for a type."""

from fastapi import APIRouter
from pydantic import Field

from api.admin.common import PREFIX, ChannelPath, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep, SessionDep
from api.http.paging import Nothing
from centre.catalog import templates
from centre.catalog.impact import Review, review_template
from centre.catalog.placeholders import template_placeholders
from centre.catalog.previews import Shown, shown
from centre.catalog.templates import TemplateDraft, TemplateVersion
from centre.providers.filing import check_filing
from centre.providers.filing import put_template as put_filed
from core.base import Model
from core.errors import Invalid, NotFound, Wrong
from core.fields import MAX_PARAM, MAX_PARAMS, ParamName
from core.policies import Template
from db.pages import Page

_PREFIX = PREFIX + "/message-types/{code}/templates/{channel}"
router = APIRouter(prefix=_PREFIX, tags=["admin: templates"], dependencies=PEOPLE)


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
    session: SessionDep,
    context: ContextDep,
) -> Template:
    """Add a version; placeholders are `{{name}}`, and nothing else is special."""
    return await put_filed(session, context.settings, code, channel, body, caller.actor)


@router.get("")
async def list_templates(
    code: CodePath, channel: ChannelPath, caller: Looker, session: SessionDep
) -> Page[Template]:
    """List a template's versions."""
    found = await templates.list_templates(session, code, channel)
    return Page[Template](items=found)


@router.get("/versions")
async def list_template_versions(
    code: CodePath, channel: ChannelPath, caller: Looker, session: SessionDep
) -> Page[TemplateVersion]:
    """List a template's versions, and who set them."""
    found = await templates.template_versions(session, code, channel)
    return Page[TemplateVersion](items=found)


@router.post("/check")
async def check_template(
    code: CodePath,
    channel: ChannelPath,
    body: TemplateDraft,
    caller: Looker,
    session: SessionDep,
    context: ContextDep,
) -> Review:
    """Say what this version would change, and for which clients; change nothing."""
    await check_filing(session, context.settings, channel, body)
    return await review_template(session, code, channel, body)


@router.post("/restore")
async def restore_template(
    code: CodePath,
    channel: ChannelPath,
    body: Restoration,
    caller: Admin,
    session: SessionDep,
) -> Template:
    """Say again what a version said: a new version with the old content."""
    return await templates.restore_template(
        session, code, channel, body.version, caller.actor
    )


@router.post("/enable")
async def enable_template(
    code: CodePath,
    channel: ChannelPath,
    caller: Admin,
    session: SessionDep,
    _: Nothing | None = None,
) -> Template:
    """Let the channel speak for this type again."""
    return await templates.set_template_enabled(
        session, code, channel, True, caller.actor
    )


@router.post("/disable")
async def disable_template(
    code: CodePath,
    channel: ChannelPath,
    caller: Admin,
    session: SessionDep,
    _: Nothing | None = None,
) -> Template:
    """Silence the channel for this type, all versions at once."""
    return await templates.set_template_enabled(
        session, code, channel, False, caller.actor
    )


@router.post("/preview")
async def preview_template(
    code: CodePath,
    channel: ChannelPath,
    body: PreviewRequest,
    caller: Looker,
    session: SessionDep,
) -> Shown:
    """Show the newest version with these values in place."""
    found = await templates.list_templates(session, code, channel)
    if not found:
        raise NotFound("This message type has no template for this channel.")
    newest = max(found, key=lambda template: template.version)
    _check(newest, body.params)
    return shown(newest, body.params)


def _check(template: Template, params: dict[str, str]) -> None:
    names = set(template_placeholders(template))
    wrong = [
        Wrong(f"/params/{name}", "This parameter is missing.")
        for name in sorted(names - params.keys())
    ]
    for name, value in params.items():
        if name not in names:
            wrong.append(
                Wrong(f"/params/{name}", "The template has no such parameter.")
            )
        elif len(value) > MAX_PARAM:
            wrong.append(
                Wrong(f"/params/{name}", f"Longer than {MAX_PARAM} characters.")
            )
    if wrong:
        raise Invalid("The preview was refused; see `errors`.", wrong)
