"""The message types: what kinds of messages there are, and how each goes out."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import message_types as catalog
from centre.catalog.models import MessageTypeDraft
from console.catalog.policy_words import stages_in_words
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.setup import (
    channel_names,
    check_code,
    check_given,
    in_words,
    may_change,
    state,
)
from console.kit.shell import actions
from console.kit.table import Column, Listing, Rows
from console.kit.texts import t
from console.kit.widgets import (
    answer_of,
    button,
    choices,
    dialog,
)
from core.policies import MessageType
from core.words import Channel, Priority


@page("/types", title="types.title", icon="category")
async def message_types() -> None:
    """List the message types."""
    names = await channel_names()

    async def load(cursor: str | None) -> tuple[Rows, str | None]:
        found = await catalog.list_message_types(context(), cursor, 50)
        return [_row(message_type, names) for message_type in found.items], found.next

    if await may_change():
        with actions():
            button(t("types.new"), _ask_new, icon="add", kind="primary")
    await Listing(
        columns=(
            Column("name", "types.name", link="href", wrap=True),
            Column("code", "types.code", mono=True),
            Column("state", "setup.state", tone="tone"),
            Column("priority", "types.priority", tone="priority_tone"),
            Column("policy", "types.policy", wrap=True),
        ),
        load=load,
        empty="types.empty",
        key="code",
        label="types.title",
    ).draw()


def _row(message_type: MessageType, names: Mapping[Channel, str]) -> dict[str, Any]:
    word, tone = state(message_type.enabled)
    urgent = message_type.priority is Priority.CRITICAL
    return {
        "code": message_type.code,
        "href": f"/types/{message_type.code}",
        "name": in_words(message_type.name, message_type.name_en),
        "state": word,
        "tone": tone,
        "priority": t(f"priority.{message_type.priority}"),
        "priority_tone": "bad" if urgent else "",
        "policy": stages_in_words(message_type.policy, names),
    }


@acting(*ADMINS)
async def _ask_new(_: Actor) -> None:
    form = Form()
    with dialog(t("types.new")) as box:
        form.text("code", "types.code", hint=t("types.code_hint"))
        form.text("name", "types.name_zh")
        form.text("name_en", "types.name_en")
        form.choice("priority", "types.priority", priorities(), Priority.NORMAL.value)

        @acting(*ADMINS)
        async def create(actor: Actor) -> None:
            box.submit(await _created(form, actor))

        choices(box, t("types.create"), create)
    made = await answer_of(box)
    if isinstance(made, MessageType):
        ui.navigate.to(f"/types/{made.code}")


def priorities() -> dict[str, str]:
    """Return the priorities with their names."""
    return {priority.value: t(f"priority.{priority}") for priority in Priority}


async def _created(form: Form, actor: Actor) -> MessageType:
    code = check_code(form)
    check_given(form, "name")
    with form.checked():
        draft = MessageTypeDraft(
            code=code,
            name=form.value("name"),
            name_en=form.value("name_en"),
            priority=form.value("priority"),
        )
        return await catalog.create_message_type(context(), draft, actor)
