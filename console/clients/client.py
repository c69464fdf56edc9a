"""One client system: what it may do, its secrets, its first lines, its queue."""

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog.message_types import all_message_types
from centre.catalog.placeholders import required_params
from centre.catalog.samples import sample_params
from centre.clients import service
from centre.clients.examples import examples
from centre.clients.models import Client, ClientChanges
from console.clients.client_form import client_fields, client_values
from console.clients.client_secrets import draw_secrets
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.setup import (
    back,
    check_given,
    code_block,
    grid,
    in_words,
    joined,
    may_change,
    names_of,
    state_badge,
)
from console.kit.shell import actions, heading
from console.kit.texts import t
from console.kit.widgets import button, card, confirm, facts, note, when
from core.errors import Unavailable
from core.policies import MessageType

_LANGUAGES = {"curl": "curl", "python": "Python", "java": "Java"}


@page("/clients/{code}", title="clients.one", headed=False)
async def client(code: str) -> None:
    """Show one client system."""
    found = await service.client(context(), code)
    changes = await may_change()
    types = await all_message_types(context())
    back("/clients", t("clients.title"))
    heading(found.name, found.code)
    if changes:
        _switches(found)
    names = {
        message_type.code: in_words(message_type.name, message_type.name_en)
        for message_type in types
    }
    with grid():
        _draw_facts(found, names)
        await _draw_queue(found)
    if changes:
        _draw_form(found, names)
    await draw_secrets(found, changes=changes)
    _draw_try(found, types)


def _switches(found: Client) -> None:
    @acting(*ADMINS)
    async def switch(actor: Actor) -> None:
        wanted = not found.enabled
        text = t("clients.disable_text", name=found.name)
        if wanted or await confirm(
            t("clients.disable"), text, yes=t("clients.disable")
        ):
            changes = ClientChanges(enabled=wanted)
            await service.update_client(context(), found.code, changes, actor)
            ui.navigate.reload()

    with actions():
        if found.enabled:
            button(t("clients.disable"), switch, icon="block", kind="danger")
        else:
            button(t("clients.enable"), switch, icon="check", kind="primary")


def _draw_facts(found: Client, names: dict[str, str]) -> None:
    kinds = found.message_types
    used = when(found.last_used_at) if found.last_used_at else t("clients.never")
    callback = found.callback
    with card(t("clients.facts")):
        facts(
            [
                (t("setup.state"), lambda: state_badge(found.enabled)),
                ("appkey", found.appkey),
                (
                    t("clients.scopes"),
                    joined(t(f"scope.{s}") for s in sorted(found.scopes)),
                ),
                (
                    t("clients.types"),
                    t("clients.all_types")
                    if kinds is None
                    else names_of(sorted(kinds), names),
                ),
                (t("clients.cidrs"), joined(found.cidrs) or t("clients.anywhere")),
                (t("clients.rate"), str(found.rate_per_minute or t("clients.no_rate"))),
                (t("clients.callback"), callback.url if callback else "—"),
                (t("clients.last_use"), used),
                (t("clients.since"), when(found.created_at)),
            ]
        )


async def _draw_queue(found: Client) -> None:
    with card(t("clients.queue")):
        try:
            queue = await context().flows.queue(found.code)
        except Unavailable:
            note(t("clients.queue_unknown"), "warn")
            return
        if not queue.pollers:
            note(t("clients.queue_unserved"), "warn")
        facts(
            [
                (t("clients.backlog"), str(queue.backlog)),
                (t("clients.oldest"), f"{queue.oldest_age_seconds:.1f} s"),
                (t("clients.inflow"), f"{queue.added_per_second:.2f} /s"),
                (t("clients.outflow"), f"{queue.dispatched_per_second:.2f} /s"),
                (t("clients.pollers"), str(queue.pollers)),
                (t("clients.paused"), t("setup.yes" if queue.paused else "setup.no")),
            ]
        )


def _draw_form(found: Client, names: dict[str, str]) -> None:
    form = Form()
    with card(t("clients.change")):
        form.text("name", "clients.name", found.name)
        client_fields(form, names, found)

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            check_given(form, "name")
            with form.checked():
                values = client_values(form) | {"name": form.value("name")}
                changes = ClientChanges.model_validate(values)
                await service.update_client(context(), found.code, changes, actor)
            ui.navigate.reload()

        note(t("clients.change_hint"))
        with ui.element("div").classes("hmc-buttons"):
            button(t("frame.save"), save, icon="save", kind="primary")


def _draw_try(found: Client, types: list[MessageType]) -> None:
    """Draw lines that send a first message, for the types this client may send."""
    allowed = found.message_types
    usable = {
        message_type.code: message_type
        for message_type in types
        if message_type.policy.channels
        and (allowed is None or message_type.code in allowed)
    }
    with card(t("clients.try")):
        if not usable:
            note(t("clients.try_none"), "warn")
            return
        note(t("clients.try_hint"))
        shown = {c: in_words(k.name, k.name_en) for c, k in usable.items()}
        chosen = ui.select(shown, label=t("clients.try_type"), value=next(iter(shown)))
        chosen.props["aria-label"] = t("clients.try_type")
        lines = ui.element("div")

        def draw() -> None:
            lines.clear()
            with lines:
                _draw_lines(found, usable[str(chosen.value)])

        chosen.on_value_change(draw)
        draw()


def _draw_lines(found: Client, message_type: MessageType) -> None:
    params = sample_params(sorted(required_params(message_type)))
    made = examples(
        context().settings.base_url, found.appkey, message_type.code, params
    )
    with ui.tabs().props("align=left dense") as tabs:
        for name, title in _LANGUAGES.items():
            ui.tab(name, title).props("no-caps")
    with ui.tab_panels(tabs, value="curl").classes("w-full bg-transparent"):
        for name, title in _LANGUAGES.items():
            text = getattr(made, name)
            with ui.tab_panel(name).classes("q-pa-none"):
                code_block(text, title)
                _copy_button(text, title)


def _copy_button(text: str, title: str) -> None:
    label = f"{t('frame.copy')}: {title}"
    with ui.element("div").classes("hmc-buttons"):
        made = button(t("frame.copy"), lambda: ui.clipboard.write(text), kind="quiet")
        made.props["aria-label"] = label
