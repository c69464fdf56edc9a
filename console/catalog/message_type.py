"""One message type: its name and urgency, its policy, what each channel says."""

from collections.abc import Mapping

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import message_types as catalog
from centre.catalog import templates
from centre.catalog.message_types import message_type_details
from centre.catalog.models import MessageTypeChanges
from centre.catalog.placeholders import required_params
from centre.clients.models import Sender
from console.catalog.away import away_fields, away_in_words, away_values
from console.catalog.message_types import priorities
from console.catalog.policy_words import stages_in_words
from console.catalog.times_form import draw_when
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.setup import (
    back,
    channel_names,
    check_given,
    grid,
    in_words,
    joined,
    may_change,
    state,
    state_badge,
)
from console.kit.shell import Text, heading
from console.kit.shell import actions as beside_heading
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import button, card, confirm, facts, note
from console.messages.acknowledgement import (
    confirming_fields,
    confirming_in_words,
    confirming_values,
)
from core.policies import MessageType
from core.words import Channel

_COLUMNS = (
    Column("name", "templates.channel", link="href"),
    Column("state", "setup.state", tone="tone"),
    Column("version", "templates.version", right=True),
    Column("body", "templates.says", wrap=True),
)


@page("/types/{code}", title="types.one", headed=False)
async def message_type(code: str) -> None:
    """Show one message type."""
    found = await message_type_details(context(), code)
    kind, senders = found.type, found.senders
    names = await channel_names()
    changes = await may_change()
    back("/types", t("types.title"))
    heading(in_words(kind.name, kind.name_en), kind.code)
    if changes:
        _switches(kind)
    with grid():
        _draw_facts(kind, senders)
        _draw_policy(kind, names, found.unfiled, changes)
    with card(t("templates.title")):
        await _templates(code, names, changes).draw()
    await draw_when(kind, changes=changes)
    if changes:
        _draw_form(kind)


def _switches(message_type: MessageType) -> None:
    @acting(*ADMINS)
    async def switch(actor: Actor) -> None:
        wanted, title = not message_type.enabled, t("types.disable")
        senders = (await message_type_details(context(), message_type.code)).senders
        who = joined(sender.name for sender in senders) or t("types.nobody")
        text = t("types.disable_text", senders=who)
        if wanted or await confirm(title, text, yes=title):
            changes = MessageTypeChanges(enabled=wanted)
            await catalog.update_message_type(
                context(), message_type.code, changes, actor
            )
            ui.navigate.reload()

    with beside_heading():
        if message_type.enabled:
            button(t("types.disable"), switch, icon="block", kind="danger")
        else:
            button(t("types.enable"), switch, icon="check", kind="primary")


def _draw_facts(message_type: MessageType, senders: tuple[Sender, ...]) -> None:
    with card(t("types.facts")):
        if not message_type.enabled:
            note(t("types.is_off"), "warn")
        required = sorted(required_params(message_type))
        facts(
            [
                (t("setup.state"), lambda: state_badge(message_type.enabled)),
                (t("types.priority"), t(f"priority.{message_type.priority}")),
                (t("types.placeholders"), joined(required) or "—"),
                (t("ward.confirming"), confirming_in_words(message_type)),
                (t("digest.type"), message_type.digest or "—"),
                (t("away.rule"), away_in_words(message_type)),
                (
                    t("types.senders"),
                    joined(f"{s.name} ({s.code})" for s in senders)
                    or t("types.nobody"),
                ),
            ]
        )


def _draw_policy(
    message_type: MessageType,
    names: Mapping[Channel, str],
    lacking: Mapping[Channel, tuple[str, ...]],
    changes: bool,
) -> None:
    with card(t("types.policy")):
        if not message_type.policy.channels:
            note(t("types.no_policy"), "warn")
        else:
            Text("p", stages_in_words(message_type.policy, names)).classes("q-ma-none")
            silent = [
                c.channel
                for c in message_type.policy.channels
                if c.channel not in message_type.templates
            ]
            if silent:
                said = joined(names[channel] for channel in silent)
                note(t("types.silent", channels=said), "warn")
            for channel, providers in lacking.items():
                said = joined(providers)
                text = t("types.unfiled", channel=names[channel], providers=said)
                note(text, "warn")
        with ui.element("div").classes("hmc-buttons"):
            label = t("types.edit_policy" if changes else "types.see_policy")
            target = f"/types/{message_type.code}/policy"
            button(label, lambda: ui.navigate.to(target), icon="tune", kind="primary")


def _templates(code: str, names: Mapping[Channel, str], changes: bool) -> Listing:
    async def load(cursor: str | None) -> tuple[Rows, str | None]:
        message_type = await catalog.message_type(context(), code)
        return [_row(message_type, channel, names[channel]) for channel in names], None

    async def switch(actor: Actor, row: Row, enabled: bool) -> None:
        channel = Channel(row["channel"])
        await templates.set_template_enabled(context(), code, channel, enabled, actor)
        await listing.reload()

    @acting(*ADMINS)
    async def disable(actor: Actor, row: Row) -> None:
        title = t("templates.disable")
        text = t("templates.disable_text", channel=row["name"])
        if await confirm(title, text, yes=title):
            await switch(actor, row, False)

    @acting(*ADMINS)
    async def enable(actor: Actor, row: Row) -> None:
        await switch(actor, row, True)

    actions = (
        Action("block", "templates.disable", disable, only="on"),
        Action("check", "templates.enable", enable, only="off"),
    )
    listing = Listing(
        columns=_COLUMNS,
        load=load,
        empty="templates.empty",
        key="channel",
        label="templates.title",
        actions=actions if changes else (),
    )
    return listing


def _row(message_type: MessageType, channel: Channel, name: str) -> dict[str, object]:
    template = message_type.templates.get(channel)
    used = channel in {c.channel for c in message_type.policy.channels}
    word, tone = (t("templates.none"), "warn" if used else "")
    if template is not None:
        word, tone = state(template.enabled)
    return {
        "channel": channel.value,
        "name": name,
        "href": f"/types/{message_type.code}/templates/{channel}",
        "state": word,
        "tone": tone,
        "version": str(template.version) if template else "—",
        "body": _short(template.body) if template else "—",
        "on": template is not None and template.enabled,
        "off": template is not None and not template.enabled,
    }


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"


def _draw_form(message_type: MessageType) -> None:
    form = Form()
    with card(t("types.change")):
        with ui.element("div").classes("hmc-row"):
            form.text("name", "types.name_zh", message_type.name)
            form.text("name_en", "types.name_en", message_type.name_en)
            form.choice(
                "priority", "types.priority", priorities(), message_type.priority.value
            )
        confirming_fields(form, message_type)
        away_fields(form, message_type)
        hint = t("digest.hint")
        form.text("digest", "digest.type", message_type.digest or "", hint=hint)

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            check_given(form, "name")
            with form.checked():
                changes = MessageTypeChanges(
                    name=form.value("name"),
                    name_en=form.value("name_en"),
                    priority=form.value("priority"),
                    digest=form.value("digest") or None,
                    **confirming_values(form),
                    **away_values(form),
                )
                await catalog.update_message_type(
                    context(), message_type.code, changes, actor
                )
            ui.navigate.reload()

        with ui.element("div").classes("hmc-buttons"):
            button(t("frame.save"), save, icon="save", kind="primary")
