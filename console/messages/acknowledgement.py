"""Confirmations by people: what a type asks for, who gave one, giving one."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.catalog.placeholders import required_params
from centre.messages.acknowledge import (
    AcknowledgeOrder,
    acknowledge,
    asks_read_back,
)
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.setup import check_given
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import (
    answer_of,
    button,
    card,
    choices,
    dialog,
    facts,
    note,
    when,
)
from core.models import MessageStatus
from core.policies import MessageType


async def draw_acknowledgement(
    doc: MessageStatus, known: Names, again: Callable[[], Awaitable[None]]
) -> None:
    """Draw who confirmed a message, or that somebody still must."""
    given = doc.acknowledgement
    if given is None and not doc.acknowledge:
        return
    with card(t("ward.acknowledgement")):
        if given is not None:
            where = known.channel(given.channel) if given.channel else t("ward.by_hand")
            facts(
                [
                    (t("ward.by"), given.by),
                    (t("ward.at"), when(given.at)),
                    (t("ward.channel"), where),
                    (t("ward.read_back"), given.read_back or t("work.none")),
                ]
            )
            return
        note(t("ward.nobody_yet"), "warn")
        visitor = await present_visitor()
        if visitor is not None and visitor.role in OPERATORS:
            _draw_button(doc, again)


def _draw_button(doc: MessageStatus, again: Callable[[], Awaitable[None]]) -> None:
    @acting(*OPERATORS)
    async def ask(_: Actor) -> None:
        if await _ask(doc):
            notify(t("ward.acknowledged"))
            await again()

    with ui.element("div").classes("hmc-buttons"):
        button(t("ward.acknowledge"), ask, icon="how_to_reg", kind="primary")


async def _ask(doc: MessageStatus) -> bool:
    """Ask who confirms and what they read back; tell whether it was taken."""
    reads = await asks_read_back(context(), doc.id)
    form = Form()
    with dialog(t("ward.acknowledge")) as box:
        Text("p", t("ward.acknowledge_ask"))
        form.text("by", "ward.by", hint=t("ward.by_hint"), maxlength=128)
        if reads:
            form.text("read_back", "ward.read_back", hint=t("ward.read_back_hint"))

        @acting(*OPERATORS)
        async def take(actor: Actor) -> None:
            check_given(form, "by")
            with form.checked():
                given = {"by": form.value("by")}
                if reads:
                    given["read_back"] = form.value("read_back") or None
                order = AcknowledgeOrder.model_validate(given)
                await acknowledge(context(), doc.id, order, actor)
            box.submit(True)

        choices(box, t("ward.acknowledge"), take)
    taken = await answer_of(box)
    return bool(taken)


def confirming_fields(form: Form, message_type: MessageType) -> None:
    """Draw what a type asks of those who get its messages."""
    names = sorted(
        required_params(message_type) | {message_type.read_back_param or ""} - {""}
    )
    choices = {"": t("ward.no_read_back")} | {name: name for name in names}
    with ui.element("div").classes("hmc-row"):
        form.switch("acknowledge", "ward.must_confirm", message_type.acknowledge)
        chosen = message_type.read_back_param or ""
        form.choice("read_back_param", "ward.read_back_param", choices, chosen)
        hint = t("ward.correction_hint")
        form.text(
            "correction", "ward.correction", message_type.correction or "", hint=hint
        )


def confirming_values(form: Form) -> dict[str, Any]:
    """Return them as the store takes them."""
    return {
        "acknowledge": bool(form.value("acknowledge")),
        "read_back_param": form.value("read_back_param") or None,
        "correction": form.value("correction") or None,
    }


def confirming_in_words(message_type: MessageType) -> str:
    """Return in words what a type asks for."""
    if not message_type.acknowledge:
        return t("ward.not_asked")
    if message_type.read_back_param is None:
        return t("ward.asked")
    return t("ward.asked_with", name=message_type.read_back_param)
