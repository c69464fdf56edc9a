"""Batches: every one with how far it is, and one with its counts and its steering."""

from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.batches import control
from centre.batches.control import BatchView
from centre.batches.rules import WAITING, is_rate
from centre.flows.batches import OVER, Batch, BatchState
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.presence import every
from console.kit.setup import back
from console.kit.shell import Text, actions, heading
from console.kit.table import Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import (
    answer_of,
    badge,
    button,
    card,
    choices,
    confirm,
    dialog,
    facts,
    when,
)

_EVERY_SECONDS = 3.0
_TONES = {
    BatchState.SCHEDULED: "info",
    BatchState.SENDING: "info",
    BatchState.PAUSED: "warn",
    BatchState.SENT: "good",
    BatchState.CANCELLED: "",
    BatchState.EXPIRED: "bad",
}


async def may_act() -> bool:
    """Tell whether who looks may send and steer batches."""
    visitor = await present_visitor()
    return visitor is not None and visitor.role in OPERATORS


@page("/batches", title="batch.title", icon="groups")
async def batches() -> None:
    """List the batches, and go on reading them."""
    known = await names()
    if await may_act():
        with actions():
            new = t("batch.new")
            to_new = "/batches/new"
            button(new, lambda: ui.navigate.to(to_new), icon="add", kind="primary")

    async def load(cursor: str | None) -> tuple[Rows, str | None]:
        found = await control.list_batches(context(), None, cursor)
        return [_row(batch, known) for batch in found.items], found.next

    listing = Listing(
        columns=(
            Column("created", "batch.created", link="address"),
            Column("type", "batch.type", wrap=True),
            Column("client", "work.client", wrap=True),
            Column("count", "batch.count", right=True),
            Column("progress", "batch.progress", right=True),
            Column("state", "batch.state", tone="tone"),
            Column("by", "batch.by"),
        ),
        load=load,
        empty="batch.empty",
        key="id",
        label="batch.title",
    )
    await listing.draw()
    every(_EVERY_SECONDS, listing.reload)


def _row(batch: Batch, known: Names) -> Row:
    state = batch.steering.state
    return {
        "id": str(batch.id),
        "address": f"/batches/{batch.id}",
        "created": when(batch.created_at),
        "type": known.type(batch.type),
        "client": known.client(batch.client),
        "count": f"{batch.count:,}",
        "progress": f"{batch.started / batch.count:.0%}",
        "state": t(f"batch.state_{state}"),
        "tone": _TONES.get(state, ""),
        "by": batch.created_by,
    }


@page("/batches/{batch_id}", title="batch.one", headed=False)
async def batch_page(batch_id: str) -> None:
    """Show one batch, live."""
    wanted = control.batch_id_of(batch_id)
    await _Page(wanted, await names(), await may_act()).draw()


class _Page:
    """One batch: what is known, what may be done."""

    def __init__(self, batch_id: UUID, known: Names, acts: bool) -> None:
        self._id = batch_id
        self._names = known
        self._acts = acts

    async def draw(self) -> None:
        seen = await control.look(context(), self._id)
        back("/batches", t("batch.title"))
        batch = seen.batch
        heading(self._names.type(batch.type), self._names.client(batch.client))
        with card():
            self._bar = ui.linear_progress(value=0, show_value=False, size="12px")
            self._bar.props["aria-label"] = t("batch.progress")
            self._room = ui.element("div")
            self._buttons = ui.element("div").classes("hmc-buttons")
        self._show(seen)
        every(_EVERY_SECONDS, self._again)

    async def _again(self) -> None:
        self._show(await control.look(context(), self._id))

    def _show(self, seen: BatchView) -> None:
        batch = seen.batch
        self._bar.set_value(batch.started / batch.count)
        self._room.clear()
        with self._room:
            self._facts(batch)
            Text("h2", t("batch.counts"))
            facts([(_status(name), f"{n:,}") for name, n in seen.counts.items() if n])
        self._buttons.clear()
        with self._buttons:
            self._draw_buttons(seen)

    def _facts(self, batch: Batch) -> None:
        state = batch.steering.state
        word, tone = t(f"batch.state_{state}"), _TONES.get(state, "")
        facts(
            [
                (t("batch.state"), lambda: badge(word, tone)),
                (t("batch.count"), f"{batch.count:,}"),
                (t("batch.started"), f"{batch.started:,}"),
                (t("batch.rate"), f"{batch.steering.rate_per_second:g}"),
                (t("batch.created"), when(batch.created_at)),
                (t("batch.by"), batch.created_by),
                (t("batch.send_at"), when(batch.send_at)),
                (t("batch.expires_at"), when(batch.expires_at)),
            ]
        )

    def _draw_buttons(self, seen: BatchView) -> None:
        to_messages = f"/messages?batch={self._id}"
        button(t("batch.messages"), lambda: ui.navigate.to(to_messages), icon="mail")
        if not self._acts:
            return
        state, act = seen.batch.steering.state, acting(*OPERATORS)
        if state is BatchState.PAUSED:
            button(t("batch.resume"), act(self._resume), icon="play_arrow")
        elif state not in OVER:
            button(t("batch.pause"), act(self._pause), icon="pause")
        if state not in OVER:
            button(t("batch.set_rate"), self._rate, icon="speed")
        if control.may_cancel(seen):
            cancel = act(self._cancel)
            button(t("batch.cancel"), cancel, icon="cancel", kind="danger")

    async def _resume(self, actor: Actor) -> None:
        self._done(await control.resume(context(), self._id, actor))

    async def _pause(self, actor: Actor) -> None:
        title = t("batch.pause")
        if await confirm(title, t("batch.pause_ask"), yes=title, danger=False):
            self._done(await control.pause(context(), self._id, actor))

    async def _cancel(self, actor: Actor) -> None:
        title, seen = t("batch.cancel"), await control.look(context(), self._id)
        text = t("batch.cancel_ask", count=f"{seen.batch.count:,}")
        if await confirm(title, text, yes=title):
            self._done(await control.cancel(context(), self._id, actor))

    async def _rate(self) -> None:
        form = Form()
        with dialog(t("batch.set_rate")) as box:
            form.number("rate", "batch.rate")

            @acting(*OPERATORS)
            async def save(actor: Actor) -> None:
                rate = form.value("rate")
                if rate is None or not is_rate(rate):
                    form.refuse("rate", t("batch.rate_wrong"))
                    return
                box.submit(await control.set_rate(context(), self._id, rate, actor))

            choices(box, t("frame.save"), save)
        changed = await answer_of(box)
        if isinstance(changed, BatchView):
            self._done(changed)

    def _done(self, seen: BatchView) -> None:
        notify(t("batch.changed"))
        self._show(seen)


def _status(name: str) -> str:
    return t("batch.waiting") if name == WAITING else t(f"status.{name}")
