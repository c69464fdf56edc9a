"""What became of a list that was checked: its wrong lines, or what will be sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from centre.batches.files import ListCheck, estimate
from centre.batches.rules import MOST_TOLD, BatchRequest
from centre.catalog import dictionaries
from console.kit.context import context
from console.kit.errors import translated
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.setup import joined
from console.kit.table import Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import button, card, facts, note, when
from console.messages.batch_form import Choice
from core.models import Message
from core.repeats import Repeats
from core.sheets.lines import Fault, Sheet
from core.sheets.writing import marked_sheet
from core.words import Channel

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Costs = list[tuple[Channel, float]]
# So many lines that name somebody again are shown.
_SHOWN = 20


@dataclass(frozen=True)
class Ready:
    """A list as it was checked: nothing else is sent than this, as this says."""

    choice: Choice
    file: str
    asked: BatchRequest
    frame: Message
    repeats: Repeats
    sheet: Sheet

    def recipients(self, once_each: bool) -> int:
        """Return how many will receive something."""
        left_out = self.repeats.count if once_each else 0
        return len(self.asked.recipients) - left_out


def ready(choice: Choice, file: str, found: ListCheck) -> Ready | None:
    """Return what can be sent of a list; None where nothing can."""
    if found.sheet is None or found.asked is None or found.checked is None:
        return None
    checked = found.checked
    return Ready(choice, file, found.asked, checked.frame, checked.repeats, found.sheet)


def draw_unknown(found: ListCheck) -> None:
    """Say which columns nobody reads."""
    if found.unknown:
        note(t("batch.unknown", columns=joined(found.unknown)), "warn")


async def draw_faults(
    sheet: Sheet,
    found: ListCheck,
    download: Callable[[], Awaitable[None]],
    go_on: Callable[[], object],
) -> None:
    """Draw the wrong places, and what can be done about them."""
    wrong = {fault.line for fault in found.faults}
    counts = {"wrong": len(wrong - {0, sheet.number}), "count": len(sheet.lines)}
    told = t("batch.faults", most=MOST_TOLD, **counts) if sheet.lines else ""
    note(told or t("batch.broken"), "bad").props("role=alert")
    with ui.element("div").classes("hmc-buttons"):
        if sheet.lines:
            button(t("batch.marked"), download, icon="download")
        if found.asked is not None:
            count = f"{len(found.asked.recipients):,}"
            button(t("batch.good_only", count=count), go_on, icon="done_all")
    rows = [_row(n, fault) for n, fault in enumerate(found.faults[:MOST_TOLD])]

    async def load(_: str | None) -> tuple[Rows, str | None]:
        return rows, None

    await Listing(
        columns=(
            Column("line", "batch.line", right=True),
            Column("column", "batch.column"),
            Column("todo", "batch.todo", wrap=True),
        ),
        load=load,
        empty="batch.empty",
        key="number",
        label="batch.todo",
    ).draw()


def _row(number: int, fault: Fault) -> Row:
    return {
        "number": number,
        "line": str(fault.line) if fault.line else "",
        "column": fault.column,
        "todo": translated(fault.detail),
    }


async def download_marked(sheet: Sheet, found: ListCheck) -> None:
    """Hand out the list with what is wrong beside each line."""
    told: dict[int, list[str]] = {}
    for fault in found.faults:
        place = f"{fault.column}: " if fault.column else ""
        told.setdefault(fault.line, []).append(place + translated(fault.detail))
    wrong = {line: "\n".join(texts) for line, texts in told.items()}
    column = t("batch.error_column")
    async with context().lists:
        made = await asyncio.to_thread(marked_sheet, sheet, wrong, column)
    ui.download.content(made, f"{t('batch.marked_file')}.xlsx", XLSX)


async def draw_ready(
    made: Ready, known: Names, send: Callable[[bool, str], Awaitable[None]]
) -> None:
    """Draw what will be sent; `send` gets whether once each, and that in a sentence."""
    form, costs = Form(), await _costs()
    total = f"{made.recipients(False):,}"
    with card(t("batch.ready", count=total)):
        facts(
            [
                (t("batch.client"), known.client(made.choice.client)),
                (t("batch.type"), known.type(made.choice.type)),
                (t("batch.file"), made.file),
                (t("batch.stages"), _stages(made, known)),
                (t("batch.cost"), _cost(made, False, costs)),
                (t("batch.send_at"), _moment(made)),
            ]
        )
        if made.repeats.count:
            _draw_repeats(made)
            form.switch("once_each", "batch.once_each")

        async def go(_: object = None) -> None:
            once = bool(made.repeats.count and form.value("once_each"))
            await send(once, _sentence(made, known, once, costs))

        with ui.element("div").classes("hmc-buttons"):
            button(t("batch.send"), go, icon="send", kind="primary")


def _draw_repeats(made: Ready) -> None:
    """Say which lines name somebody whom an earlier line names."""
    lines = made.sheet.lines
    pairs = [
        t(
            "batch.repeat",
            line=lines[one.recipient].number,
            first=lines[one.same_as].number,
        )
        for one in made.repeats.first[:_SHOWN]
    ]
    more = "…" if made.repeats.count > len(pairs) else ""
    told = joined(pairs) + more
    note(t("batch.repeats", count=made.repeats.count, lines=told), "warn")


async def _costs() -> Costs:
    prices = await dictionaries.list_channels(context())
    return [(entry.code, entry.cost_per_message) for entry in prices]


def _stages(made: Ready, known: Names) -> str:
    stages = (" + ".join(map(known.channel, s)) for s in made.frame.plan.stages)
    return " → ".join(stages)


def _cost(made: Ready, once_each: bool, costs: Costs) -> str:
    cost = estimate(made.frame, made.recipients(once_each), costs)
    return t("batch.cost_text", least=f"{cost.least:,.2f}", most=f"{cost.most:,.2f}")


def _moment(made: Ready) -> str:
    at = made.choice.send_at
    return when(at) if at else t("batch.now")


def _sentence(made: Ready, known: Names, once_each: bool, costs: Costs) -> str:
    """Return what sending would do, whole."""
    return t(
        "batch.send_ask",
        client=known.client(made.choice.client),
        type=known.type(made.choice.type),
        count=f"{made.recipients(once_each):,}",
        cost=_cost(made, once_each, costs),
        at=_moment(made),
    )
