"""One message: how it stands, what happened, whom it is for; resend and cancel."""

from collections.abc import Callable
from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.delivery.timeline import timeline
from centre.messages.lookup import Lookup, look_up, message_id_of
from centre.orders.cancel_resend import (
    CancelOrder,
    ResendOrder,
    cancel,
    may_cancel,
    resend,
    resendable_channels,
)
from centre.orders.recall import RecallRequest, may_recall, recall
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.shell import Text, heading
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import (
    answer_of,
    badge,
    button,
    card,
    choices,
    confirm,
    confirm_with_reason,
    dialog,
    facts,
    when,
)
from console.kit.words import status_tone, why
from console.messages.acknowledgement import draw_acknowledgement
from console.messages.recipients import draw_recipient
from console.messages.timeline import draw_recall, draw_story
from console.temporal.rules import PATH
from core.models import MessageStatus, workflow_id
from core.policies import Plan
from core.words import Status

Fact = tuple[str, str | Callable[[], object]]


@page("/messages/{message_id}", title="message.title", headed=False)
async def message(message_id: str) -> None:
    """Draw one message."""
    await _Message(message_id_of(message_id), await names()).draw()


class _Message:
    """A message's page; what is drawn can be drawn again."""

    def __init__(self, message_id: UUID, known: Names) -> None:
        self._id = message_id
        self._names = known

    async def draw(self) -> None:
        found = await look_up(context(), self._id)
        visitor = await present_visitor()
        self._may_act = visitor is not None and visitor.role in OPERATORS
        heading(t("message.title"), self._names.type(found.doc.type))
        self._room = ui.element("div").classes("hmc-room")
        with self._room:
            await self._inside(found)

    async def _again(self) -> None:
        await self._show(await look_up(context(), self._id))

    async def _show(self, found: Lookup) -> None:
        self._room.clear()
        with self._room:
            await self._inside(found)

    async def _inside(self, found: Lookup) -> None:
        doc = found.doc
        self._buttons(doc)
        with ui.element("div").classes("hmc-grid"):
            with card(t("message.facts")):
                facts([*_facts(found, self._names), *self._history()])
            await draw_recipient(doc.id, self._names)
        draw_recall(doc)
        await draw_acknowledgement(doc, self._names, self._again)
        with card(t("message.timeline")):
            draw_story(doc, await timeline(context(), doc), self._names)

    def _history(self) -> list[Fact]:
        """Return the way to the workflow's history, for who may look into it."""
        if not self._may_act:
            return []
        return [("Temporal", lambda: _temporal_link(self._id))]

    def _buttons(self, doc: MessageStatus) -> None:
        with ui.element("div").classes("hmc-line"):
            badge(t(f"status.{doc.status}"), status_tone(doc.status))
            Text("span", str(doc.id)).classes("hmc-mono hmc-quiet")
            ui.space()
            button(t("work.refresh"), acting()(self._refresh), icon="refresh")
            if self._may_act and may_cancel(doc):
                stop = acting(*OPERATORS)(self._cancel)
                button(t("message.cancel"), stop, icon="block", kind="danger")
            if self._may_act and may_recall(doc):
                back = acting(*OPERATORS)(self._recall)
                button(t("recall.do"), back, icon="undo", kind="danger")
            if self._may_act and doc.status is Status.FAILED:
                again = acting(*OPERATORS)(self._resend)
                button(t("message.resend"), again, icon="replay", kind="primary")

    async def _refresh(self, _: Actor) -> None:
        await self._again()

    async def _cancel(self, actor: Actor) -> None:
        title, text = t("message.cancel"), t("message.cancel_ask")
        if await confirm(title, text, yes=title):
            found = await cancel(context(), self._id, CancelOrder(), actor)
            notify(t("message.cancelled"))
            await self._show(found)

    async def _recall(self, _: Actor) -> None:
        title = t("recall.do")
        reason = await confirm_with_reason(title, t("recall.ask"), yes=title)
        if reason is None:
            return

        @acting(*OPERATORS)
        async def take_back(actor: Actor) -> None:
            order = RecallRequest.model_validate({"reason": reason[:200]})
            await recall(context(), self._id, order, actor)
            notify(t("recall.done"))
            await self._again()

        await take_back()

    async def _resend(self, _: Actor) -> None:
        allowed = await resendable_channels(context(), self._id)
        channels = {str(c): self._names.channel(c) for c in allowed}
        order = await ask_resend(t("message.resend_ask"), channels)
        if order is not None:
            await self._send(order)

    async def _send(self, order: ResendOrder) -> None:
        """Send again; the dialog took its time, so who acts is asked anew."""

        @acting(*OPERATORS)
        async def send(actor: Actor) -> None:
            found = await resend(context(), self._id, order, actor)
            notify(t("message.resent"))
            await self._show(found)

        await send()


async def ask_resend(text: str, channels: dict[str, str]) -> ResendOrder | None:
    """Ask for a resend's reason and channels; None where nothing is to be sent."""
    form = Form()
    with dialog(t("message.resend")) as box:
        Text("p", text)
        form.area("reason", "frame.reason", hint=t("frame.reason_hint"), maxlength=200)
        hint = t("work.channels_all")
        form.choice("channels", "work.channel", channels, [], several=True, hint=hint)

        @acting(*OPERATORS)
        async def take(_: Actor) -> None:
            if not form.value("reason"):
                form.refuse("reason", t("frame.reason_missing"))
                return
            with form.checked():
                chosen = form.value("channels") or None
                order = {"reason": form.value("reason"), "channels": chosen}
                box.submit(ResendOrder.model_validate(order))

        choices(box, t("message.resend"), take)
    answer = await answer_of(box)
    return answer if isinstance(answer, ResendOrder) else None


def _facts(found: Lookup, known: Names) -> list[Fact]:
    doc = found.doc
    pairs: list[Fact] = [
        (t("work.type"), known.type(doc.type)),
        (t("work.client"), known.client(doc.client)),
        (t("work.reference"), doc.reference or t("work.none")),
        (t("message.priority"), t(f"priority.{doc.priority}")),
        (t("message.strategy"), _strategy(doc.plan)),
        (t("message.plan"), _plan(doc.plan, known)),
        (t("work.created"), when(doc.created_at)),
        (t("work.updated"), when(doc.updated_at)),
        *_times(doc),
        *_waiting(doc),
        *_digest(doc),
        (t("message.run"), str(doc.run)),
        (t("message.source"), t(f"message.source_{found.source}")),
    ]
    return pairs


def _times(doc: MessageStatus) -> list[Fact]:
    """Return the times that this message has."""
    times = {
        "message.send_at": doc.send_at,
        "message.expires_at": doc.expires_at,
        "message.resendable": doc.resendable_until,
    }
    return [(t(key), when(at)) for key, at in times.items() if at is not None]


def _waiting(doc: MessageStatus) -> list[Fact]:
    """Return what the message waits for, if it does."""
    if doc.waiting is None:
        return []
    until = t("when.waits_until", time=when(doc.waiting.until))
    return [(t("when.waits"), f"{why(doc.waiting.reason)} {until}")]


def _digest(doc: MessageStatus) -> list[Fact]:
    """Return which message tells of this one, or of how many this one tells."""
    into = doc.digested_into
    if into is not None:
        return [(t("digest.into"), lambda: ui.link(str(into), f"/messages/{into}"))]
    if doc.digest_of is not None:
        return [(t("digest.of"), str(doc.digest_of))]
    return []


def _strategy(plan: Plan) -> str:
    threshold = t("message.threshold", value=f"{plan.threshold:g}")
    return f"{t(f'strategy.{plan.strategy}')} · {threshold}"


def _plan(plan: Plan, known: Names) -> str:
    return " → ".join(
        " + ".join(known.channel(channel) for channel in stage) for stage in plan.stages
    )


def _temporal_link(message_id: UUID) -> None:
    namespace = context().settings.temporal_namespace
    address = f"{PATH}/namespaces/{namespace}/workflows"
    text = f"{t('message.temporal')} {t('message.new_window')}"
    link = ui.link(text, f"{address}/{workflow_id(message_id)}", new_tab=True)
    link.props("rel=noopener").classes("hmc-link")
