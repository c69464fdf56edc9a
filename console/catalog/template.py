"""The template editor: what one channel says for a type, as that channel shows it."""

from nicegui import ui

from centre.accounts.service import signature_of
from centre.audit.audit import Actor
from centre.catalog import templates
from centre.catalog import types as catalog
from centre.catalog.clinical import clinical_findings
from centre.catalog.impact import review_template
from centre.catalog.placeholders import template_placeholders
from centre.catalog.previews import preview
from centre.catalog.samples import sample_params
from centre.providers.filing import check_filing, put_template
from console.catalog.breaking import confirm_breaking
from console.catalog.previews import draw_preview
from console.catalog.template_form import TemplateForm
from console.catalog.template_versions import draw_versions
from console.kit.acting import acting
from console.kit.context import context
from console.kit.frame import page
from console.kit.setup import back, channel_names, grid, in_words, joined, may_change
from console.kit.shell import Text, heading
from console.kit.texts import t
from console.kit.widgets import badge, button, card, note
from core.errors import Conflict, NotFound
from core.policies import MessageType, Template
from core.words import Channel, Role
from db.session import Session


@page("/types/{code}/templates/{channel}", title="templates.one", headed=False)
async def template(code: str, channel: str) -> None:
    """Edit what one channel says for a type."""
    names = await channel_names()
    if channel not in names:
        raise NotFound("There is no such channel.")
    spoken = Channel(channel)
    async with context().store.sessions() as session:
        kind = await catalog.message_type(session, code)
        if kind is None:
            raise NotFound("There is no such message type.")
        versions = await templates.template_versions(session, code, spoken)
    changes = await may_change()
    name = in_words(kind.name, kind.name_en)
    back(f"/types/{code}", name)
    current = kind.templates.get(spoken)
    number = t("templates.number", number=current.version) if current else None
    heading(t("templates.of", name=name, channel=names[spoken]), number)
    if current is not None and not current.enabled:
        note(t("templates.is_off"), "warn")
    form = TemplateForm(spoken, current, changes)
    await _draw_editor(kind, form)
    draw_versions(code, spoken, versions, changes=changes)


async def _draw_editor(kind: MessageType, form: TemplateForm) -> None:
    signature = await _signature(form.channel)
    with grid():
        with card(t("templates.text")):
            form.draw()
            if form.changes:
                _draw_save(kind.code, form)
        with card(t("templates.preview")):
            shown = ui.element("div").classes("hmc-preview")
            shown.props["aria-live"] = "polite"

    def redraw() -> None:
        shown.clear()
        with shown:
            _draw_live(form.standing(), signature)

    form.on_change(redraw)
    redraw()


async def _signature(channel: Channel) -> str:
    """Return what stands before each short message, by the account that holds."""
    if channel is not Channel.SMS:
        return ""
    return await signature_of(context(), channel)


def _draw_live(standing: Template, signature: str) -> None:
    """Draw the message with made-up values, what it needs, and what to mind."""
    names = template_placeholders(standing)
    draw_preview(preview(standing, sample_params(names), signature))
    Text("div", t("templates.placeholders")).classes("hmc-quiet")
    with ui.element("div").classes("hmc-row"):
        for name in names:
            badge(name, "info")
        if not names:
            badge(t("templates.no_placeholders"))
    found = clinical_findings(standing)
    if found:
        words = joined(dict.fromkeys(f.word for f in found))
        note(t("templates.clinical", words=words), "warn")


def _draw_save(code: str, form: TemplateForm) -> None:
    @acting(Role.ADMIN)
    async def save(actor: Actor) -> None:
        with form.checked():
            draft = form.draft()
            async with context().store.sessions() as session:
                await _unchanged(session, code, form)
                await check_filing(session, context().settings, form.channel, draft)
                review = await review_template(session, code, form.channel, draft)
        if not await confirm_breaking(review):
            return
        async with context().store.sessions.begin() as session:
            settings = context().settings
            await put_template(session, settings, code, form.channel, draft, actor)
        ui.navigate.reload()

    with ui.element("div").classes("hmc-buttons"):
        button(t("templates.save"), save, icon="save", kind="primary")


async def _unchanged(session: Session, code: str, form: TemplateForm) -> None:
    """Refuse to write over what somebody else has written since the page was opened."""
    found = await templates.list_templates(session, code, form.channel)
    newest = found[0].version if found else None
    if newest != (form.current.version if form.current else None):
        raise Conflict("Somebody else has changed this since you opened it.")
