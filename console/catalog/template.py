"""The template editor: what one channel says for a type, as that channel shows it."""

from nicegui import ui

from centre.accounts.service import signature_of
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog.clinical import clinical_findings
from centre.catalog.message_types import message_type
from centre.catalog.placeholders import template_placeholders
from centre.catalog.previews import preview
from centre.catalog.samples import sample_params
from centre.catalog.templates import put_template, review_template, template_versions
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
from core.errors import NotFound
from core.policies import MessageType, Template
from core.words import Channel


@page("/types/{code}/templates/{channel}", title="templates.one", headed=False)
async def template(code: str, channel: str) -> None:
    """Edit what one channel says for a type."""
    names = await channel_names()
    if channel not in names:
        raise NotFound("There is no such channel.")
    spoken = Channel(channel)
    kind = await message_type(context(), code)
    versions = await template_versions(context(), code, spoken)
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


async def _draw_editor(message_type: MessageType, form: TemplateForm) -> None:
    signature = await _signature(form.channel)
    with grid():
        with card(t("templates.text")):
            form.draw()
            if form.changes:
                _draw_save(message_type.code, form)
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
    @acting(*ADMINS)
    async def save(actor: Actor) -> None:
        with form.checked():
            draft = form.draft()
            review = await review_template(context(), code, form.channel, draft)
        if not await confirm_breaking(review):
            return
        await put_template(context(), code, form.channel, draft, actor, review.agreed)
        ui.navigate.reload()

    with ui.element("div").classes("hmc-buttons"):
        button(t("templates.save"), save, icon="save", kind="primary")
