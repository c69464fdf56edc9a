"""Alarms of the queues, messages that stand still, and what is watched for."""

from uuid import UUID

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.watch import alarms as incidents
from centre.watch import thresholds
from centre.watch.models import Alarm, StuckMessage
from centre.watch.rules import AlarmKind
from centre.watch.stuck import stuck_messages
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.presence import every
from console.kit.setup import may_change
from console.kit.shell import Text
from console.kit.table import Act, Action, Column, Listing, Load, Row, Rows
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import card, when
from console.operations.watch_form import (
    draw_expected,
    draw_recipients,
    draw_thresholds,
)

_EVERY_SECONDS = 10.0
# A share is shown in hundredths; the other figures as they are.
_PERCENT = frozenset({AlarmKind.FAILURE_RATE})


@page("/alarms", title="alarms.title", icon="notifications_active")
async def alarms() -> None:
    """Show the alarms, what stands still, and the rules of both."""
    await _Page(await names()).draw()


class _Page:
    """The two lists, read anew every few seconds, and the forms."""

    def __init__(self, known: Names) -> None:
        self._names = known

    async def draw(self) -> None:
        Text("p", t("alarms.intro")).classes("hmc-quiet")
        visitor = await present_visitor()
        acts = visitor is not None and visitor.role in OPERATORS
        with card(t("alarms.incidents")):
            self._alarms = _alarm_list(self._incidents, self._take, acts)
            await self._alarms.draw()
        with card(t("alarms.stuck")):
            Text("p", t("alarms.stuck_hint")).classes("hmc-quiet")
            self._stuck = _stuck_list(self._still)
            await self._stuck.draw()
        every(_EVERY_SECONDS, self._again)
        await _draw_rules(self._names, await may_change())

    async def _again(self) -> None:
        await self._alarms.reload()
        await self._stuck.reload()

    async def _incidents(self, cursor: str | None) -> tuple[Rows, str | None]:
        found = await incidents.list_alarms(context(), cursor)
        return [self._incident(alarm) for alarm in found.items], found.next

    def _incident(self, alarm: Alarm) -> Row:
        over = alarm.cleared_at is not None
        return {
            "key": str(alarm.id),
            "client": self._names.subject(alarm),
            "kind": t(f"alarms.kind_{alarm.kind}"),
            "state": t("alarms.over" if over else "alarms.open"),
            "tone": "good" if over else "bad",
            "value": _figure(alarm.kind, alarm.value),
            "threshold": _figure(alarm.kind, alarm.threshold),
            "raised": when(alarm.raised_at),
            "cleared": when(alarm.cleared_at),
            "told": when(alarm.told_at),
            "taken": alarm.acknowledged_by or "",
            "open": not over and alarm.acknowledged_at is None,
        }

    async def _take(self, row: Row) -> None:
        @acting(*OPERATORS)
        async def work(actor: Actor) -> None:
            await incidents.acknowledge(context(), UUID(row["key"]), actor)
            notify(t("alarms.taken_done"))
            await self._alarms.reload()

        await work()

    async def _still(self, cursor: str | None) -> tuple[Rows, str | None]:
        return [self._message(m) for m in (await stuck_messages(context()))[:200]], None

    def _message(self, message: StuckMessage) -> Row:
        return {
            "key": str(message.id),
            "id": str(message.id),
            "address": f"/messages/{message.id}",
            "client": self._names.client(message.client),
            "type": self._names.type(message.type),
            "priority": t(f"priority.{message.priority}"),
            "since": when(message.since),
            "expected": f"{message.expected_within_seconds:g} s",
        }


def _alarm_list(load: Load, take: Act, acts: bool) -> Listing:
    taking = Action("how_to_reg", "alarms.take", take, only="open")
    return Listing(
        columns=(
            Column("client", "work.client", wrap=True),
            Column("kind", "alarms.kind"),
            Column("state", "alarms.state", tone="tone"),
            Column("value", "alarms.value", right=True),
            Column("threshold", "alarms.threshold", right=True),
            Column("raised", "alarms.raised"),
            Column("cleared", "alarms.cleared"),
            Column("told", "alarms.told"),
            Column("taken", "alarms.taken"),
        ),
        load=load,
        empty="alarms.none",
        key="key",
        label="alarms.incidents",
        actions=(taking,) if acts else (),
    )


def _stuck_list(load: Load) -> Listing:
    return Listing(
        columns=(
            Column("id", "alarms.message", link="address", mono=True),
            Column("client", "work.client", wrap=True),
            Column("type", "work.type", wrap=True),
            Column("priority", "message.priority"),
            Column("since", "alarms.since"),
            Column("expected", "alarms.expected", right=True),
        ),
        load=load,
        empty="alarms.stuck_none",
        key="key",
        label="alarms.stuck",
    )


async def _draw_rules(known: Names, changes: bool) -> None:
    rules = await thresholds.watch_rules(context())
    with card(t("alarms.thresholds")):
        draw_thresholds(rules.thresholds, changes=changes)
    with card(t("alarms.expected_title")):
        draw_expected(rules.expected, changes=changes)
    with card(t("alarms.recipients")):
        draw_recipients(rules.recipients, known, changes=changes)


def _figure(kind: AlarmKind, value: float) -> str:
    if kind is AlarmKind.NO_POLLER:
        return "—"
    return f"{value:.0%}" if kind in _PERCENT else f"{value:g}"
