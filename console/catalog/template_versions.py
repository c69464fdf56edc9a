"""A template's versions: who, when, what changed, and the way back."""

import difflib
from collections.abc import Iterator, Sequence

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog.models import TemplateVersion
from centre.catalog.templates import restore_template, review_restoration
from console.catalog.breaking import confirm_breaking
from console.kit.acting import acting
from console.kit.context import context
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import button, card, confirm, note, when
from core.policies import Template
from core.words import Channel


def draw_versions(
    code: str,
    channel: Channel,
    versions: Sequence[TemplateVersion],
    *,
    changes: bool,
) -> None:
    """Draw every version, newest first, each with what it changed."""
    with card(t("setup.versions")):
        if not versions:
            note(t("templates.no_versions"))
        older = [*versions[1:], None]
        for version, before in zip(versions, older, strict=False):
            _draw_version(version, before)
            if changes and version is not versions[0]:
                _draw_way_back(code, channel, version.template)


def _draw_version(version: TemplateVersion, before: TemplateVersion | None) -> None:
    number = t("templates.number", number=version.template.version)
    title = f"{number} · {version.set_by} · {when(version.set_at)}"
    with ui.expansion(title).classes("w-full hmc-expansion"):
        old = _lines(before.template) if before else []
        with ui.element("div").classes("hmc-diff hmc-mono"):
            for sign, line in _difference(old, _lines(version.template)):
                tone = {"+": "added", "-": "dropped"}.get(sign, "")
                with ui.element("div").classes(tone):
                    Text("span", sign).props("aria-hidden=true")
                    if tone:
                        Text("span", t(f"templates.line_{tone}")).classes("hmc-unseen")
                    Text("span", line)


def _lines(template: Template) -> list[str]:
    """Return a template as lines, for people to compare."""
    lines = [f"{t('templates.field_title')}: {template.title}"]
    lines += template.body.splitlines()
    if template.provider_template:
        lines.append(
            f"{t('templates.provider_template')}: {template.provider_template}"
        )
    lines += [f"{name}: {text}" for name, text in template.fields.items()]
    return lines


def _difference(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each line with +, - or a blank before it."""
    for line in difflib.ndiff(old, new):
        if not line.startswith("?"):
            yield line[0], line[2:]


def _draw_way_back(code: str, channel: Channel, old: Template) -> None:
    number = t("templates.number", number=old.version)

    @acting(*ADMINS)
    async def restore(actor: Actor) -> None:
        version = old.version
        review = await review_restoration(context(), code, channel, version)
        title = t("templates.restore")
        text = t("templates.restore_text", number=number)
        if review.breaking:
            agreed = await confirm_breaking(review)
        else:
            agreed = await confirm(title, text, yes=title, danger=False)
        if agreed:
            await restore_template(
                context(), code, channel, version, actor, review.agreed
            )
            ui.navigate.reload()

    with ui.element("div").classes("hmc-buttons"):
        made = button(t("templates.restore"), restore, icon="history", kind="quiet")
        made.props["aria-label"] = f"{t('templates.restore')}: {number}"
