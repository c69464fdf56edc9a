"""The clients' queues: how much waits and for how long; pause, resume, limit."""

from collections.abc import Sequence
from itertools import pairwise

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.flows.queue_figures import QueueFigures
from centre.queues import steering
from centre.watch.alarms import open_alarms
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.presence import every
from console.kit.shell import Text
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import (
    answer_of,
    choices,
    confirm,
    dialog,
    note,
)
from console.operations.watch_form import ask_own_thresholds
from core.errors import MessageCentreError
from core.words import Role

_EVERY_SECONDS = 3.0
# A line of so many points is all that its place can show.
_POINTS = 60


@page("/queues", title="queues.title", icon="speed")
async def queues() -> None:
    """Draw every queue, and go on drawing it."""
    await _Page(await names()).draw()


class _Page:
    """The table, which is read anew every few seconds."""

    def __init__(self, known: Names) -> None:
        self._names = known

    async def draw(self) -> None:
        Text("p", t("queues.live")).classes("hmc-quiet")
        with ui.element("div").props("role=status"):
            self._away = note(t("queues.away"), "bad")
        self._away.set_visibility(False)
        visitor = await present_visitor()
        acts = visitor is not None and visitor.role in OPERATORS
        self._sets = visitor is not None and visitor.role is Role.ADMIN
        self._listing = Listing(
            columns=_COLUMNS,
            load=self._load,
            empty="queues.empty",
            key="code",
            label="queues.title",
            actions=self._actions() if acts else (),
        )
        await self._listing.draw()
        every(_EVERY_SECONDS, self._listing.reload)

    def _actions(self) -> Sequence[Action]:
        return (
            Action("pause", "queues.pause", self._pause, only="runs"),
            Action("play_arrow", "queues.resume", self._resume, only="rests"),
            Action("tune", "queues.set_limit", self._limit),
            Action("priority_high", "alarms.let_pass", self._let_pass, only="holds"),
            Action("notifications", "alarms.own", self._own, only="sets"),
            Action("block", "alarms.hold_back", self._hold_back, only="lets"),
        )

    async def _load(self, cursor: str | None) -> tuple[Rows, str | None]:
        """Return every queue; while Temporal is away, what was seen before."""
        try:
            seen = await steering.live_queues(context())
            past = await steering.backlog_history(context())
        except MessageCentreError:
            self._away.set_visibility(True)
            return self._listing.rows, None
        self._away.set_visibility(False)
        raised = await _raised()
        return [
            self._row(q, past.get(q.client, []), raised.get(q.client, ())) for q in seen
        ], None

    def _row(
        self, seen: QueueFigures, past: Sequence[int], raised: Sequence[str]
    ) -> Row:
        state, tone = _state(seen)
        passes = seen.paused and seen.critical_passes_pause
        passing = [t("alarms.passes")] if passes else []
        return {
            "code": seen.client,
            "client": self._names.client(seen.client),
            "address": f"/messages?client={seen.client}",
            "state": " · ".join([t(f"queues.{state}"), *passing, *raised]),
            "tone": "bad" if raised else tone,
            "runs": not seen.paused,
            "rests": seen.paused,
            "sets": self._sets,
            "holds": not seen.critical_passes_pause,
            "lets": seen.critical_passes_pause,
            "backlog": _waiting(seen),
            "oldest": f"{seen.oldest_age_seconds:.0f} s" if seen.backlog else "",
            "added": f"{seen.added_per_second:.1f}",
            "dispatched": f"{seen.dispatched_per_second:.1f}",
            # Temporal goes on listing workers that left a minute ago.
            "pollers": t("work.none") if seen.paused else str(seen.pollers),
            "limit": _number(seen.limit_per_second),
            "history": points(past),
            "history_text": f"{t('queues.history')}: ≤ {max(past, default=0)}",
        }

    async def _pause(self, row: Row) -> None:
        await self._steer(row, pause=True)

    async def _resume(self, row: Row) -> None:
        await self._steer(row, pause=False)

    async def _steer(self, row: Row, *, pause: bool) -> None:
        text = t("queues.pause_ask", client=row["client"])
        if pause and not await confirm(t("queues.pause"), text, yes=t("queues.pause")):
            return

        @acting(*OPERATORS)
        async def work(actor: Actor) -> None:
            act = steering.pause if pause else steering.resume
            await act(context(), row["code"], actor)
            notify(t("queues.paused_now" if pause else "queues.resumed"))
            await self._listing.reload()

        await work()

    async def _own(self, row: Row) -> None:
        await ask_own_thresholds(row["code"], self._names)

    async def _let_pass(self, row: Row) -> None:
        await self._pass(row, passes=True)

    async def _hold_back(self, row: Row) -> None:
        await self._pass(row, passes=False)

    async def _pass(self, row: Row, *, passes: bool) -> None:
        word = "let_pass" if passes else "hold_back"
        text = t(f"alarms.{word}_ask", client=row["client"])
        title = t(f"alarms.{word}")
        if not await confirm(title, text, yes=title, danger=not passes):
            return

        @acting(*OPERATORS)
        async def work(actor: Actor) -> None:
            await steering.let_critical_pass(context(), row["code"], passes, actor)
            notify(t(f"alarms.{word}_done"))
            await self._listing.reload()

        await work()

    async def _limit(self, row: Row) -> None:
        form = Form()
        with dialog(t("queues.limit_title", client=row["client"])) as box:
            hint = t("queues.limit_hint")
            number = float(row["limit"]) if row["limit"] else None
            form.number("per_second", "queues.limit", number, hint=hint)

            @acting(*OPERATORS)
            async def save(actor: Actor) -> None:
                limit = form.value("per_second")
                with form.checked():
                    await steering.limit(context(), row["code"], limit, actor)
                box.submit(True)

            choices(box, t("frame.save"), save)
        saved = await answer_of(box)
        if saved:
            notify(t("queues.limit_set"))
            await self._listing.reload()


_COLUMNS = (
    Column("client", "work.client", link="address", wrap=True),
    Column("state", "queues.state", tone="tone"),
    Column("backlog", "queues.backlog", right=True),
    Column("oldest", "queues.oldest", right=True),
    Column("added", "queues.in", right=True),
    Column("dispatched", "queues.out", right=True),
    Column("pollers", "queues.pollers", right=True),
    Column("limit", "queues.limit", right=True),
    Column("history", "queues.history", spark=True),
)


def _state(seen: QueueFigures) -> tuple[str, str]:
    """Return a queue's state and its tone."""
    if seen.paused:
        return "paused", "warn"
    if not seen.pollers:
        return "unserved", "bad"
    if seen.limit_per_second is not None:
        return "limited", "info"
    return "running", "good"


async def _raised() -> dict[str, list[str]]:
    """Return the names of each client's open alarms."""
    found = await open_alarms(context())
    names_of: dict[str, list[str]] = {}
    for alarm in (one for one in found if one.username is None):
        names_of.setdefault(alarm.client, []).append(t(f"alarms.kind_{alarm.kind}"))
    return names_of


def _waiting(seen: QueueFigures) -> str:
    """Return what waits, and of which priorities, the most urgent first."""
    parts = [
        f"{t(f'priority.{priority}')} {figures.backlog}"
        for priority, figures in seen.by_priority.items()
        if figures.backlog
    ]
    return f"{seen.backlog} ({', '.join(parts)})" if parts else str(seen.backlog)


def _number(limit: float | None) -> str:
    return "" if limit is None else f"{limit:g}"


def points(values: Sequence[int]) -> str:
    """Return the points of a line in a box of 100 by 24; the highest touches its top.

    Of several values that share a place the highest is drawn: a peak stays.
    """
    if len(values) > _POINTS:
        edges = [n * len(values) // _POINTS for n in range(_POINTS + 1)]
        values = [max(values[a:b]) for a, b in pairwise(edges)]
    top = max(values, default=0) or 1
    step = 100 / max(1, len(values) - 1)
    return " ".join(
        f"{n * step:.1f},{23 - 22 * value / top:.1f}" for n, value in enumerate(values)
    )
