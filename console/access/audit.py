"""The audit log: who did what, when, from where; whole or not; as a file."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from nicegui import ui

from centre.audit import service as log
from centre.audit.audit import Actor, AuditEntry
from centre.audit.roles import AUDITORS
from console.access.audit_filter import NAMES, filter_of
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.shell import Text, actions
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import knows, t
from console.kit.visits import present_actor
from console.kit.widgets import answer_of, button, card, dialog, facts, note, when

EXPORT = "/audit.csv"


@page("/audit", title="audit.title", roles=AUDITORS, icon="fact_check")
async def audit(target: str = "", who: str = "") -> None:
    """List the log, newest first, with a filter, an export and a check."""
    Text("p", t("audit.text")).classes("hmc-quiet")
    form = Form()
    with card(), ui.element("div").classes("hmc-row hmc-filter"):
        form.text("who", "audit.who", who, clearable=True)
        form.text("target", "audit.target", target, clearable=True)
        form.text("action", "audit.action", clearable=True)
        form.text("since", "audit.since", type="date", stack_label=True)
        form.text("until", "audit.until", type="date", stack_label=True)
        looked = button(t("audit.look"), icon="search", kind="primary")
    listing = _listing(form)
    looked.on_click(listing.reload)
    for name in NAMES:
        form.element(name).on("keydown.enter", listing.reload)
    with actions():
        button(t("audit.verify"), _verify, icon="verified")
        button(t("audit.export"), lambda: _export(form), icon="download")
    await listing.draw()


def _values(form: Form) -> dict[str, str]:
    return {name: form.value(name) for name in NAMES if form.value(name)}


def _listing(form: Form) -> Listing:
    async def load(cursor: str | None) -> tuple[Rows, str | None]:
        wanted = filter_of(_values(form))
        found = await log.entries(context(), wanted, await present_actor(), cursor)
        return [_row(entry) for entry in found.items], found.next

    @acting(*AUDITORS)
    async def show(actor: Actor, row: Row) -> None:
        await _show(row["entry"])

    return Listing(
        columns=(
            Column("number", "audit.number", right=True),
            Column("at", "audit.at"),
            Column("who", "audit.who"),
            Column("role", "audit.role"),
            Column("action", "audit.action", tone="tone"),
            Column("target", "audit.target", wrap=True),
            Column("address", "audit.address"),
        ),
        load=load,
        empty="audit.empty",
        key="number",
        label="audit.title",
        actions=(Action("visibility", "audit.show", show, only="changed"),),
    )


def _row(entry: AuditEntry) -> Row:
    role = f"role.{entry.actor.role}"
    return {
        "number": entry.number,
        "at": when(entry.at),
        "who": entry.actor.who,
        "role": t(role) if knows(role) else str(entry.actor.role),
        "action": _action(entry.action),
        "tone": _tone(entry.action),
        "target": entry.target,
        "address": entry.actor.address or "—",
        "changed": entry.before is not None or entry.after is not None,
        "entry": entry,
    }


def _action(action: str) -> str:
    """Return an action in words, where we have them."""
    key = f"audit.did.{action}"
    return t(key) if knows(key) else action


def _tone(action: str) -> str:
    if action.endswith("-failed"):
        return "bad"
    return "info" if action.startswith(("look", "sign", "export")) else ""


async def _show(entry: AuditEntry) -> None:
    """Show what was before and what is after."""
    before, after = entry.before or {}, entry.after or {}
    with dialog(t("audit.entry", number=entry.number), wide=True) as box:
        facts(
            [
                (t("audit.at"), when(entry.at)),
                (t("audit.who"), entry.actor.who),
                (t("audit.action"), _action(entry.action)),
                (t("audit.target"), entry.target),
                (t("audit.hash"), entry.hash),
            ]
        )
        _changes(before, after)
        with ui.element("div").classes("hmc-buttons"):
            button(t("frame.close"), lambda: box.submit(None), kind="quiet")
    await answer_of(box)


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> None:
    names = {**before, **after}
    rows = [
        {"name": n, "before": _text(before.get(n)), "after": _text(after.get(n))}
        for n in names
    ]
    columns = [
        {"name": n, "label": t(f"audit.{n}"), "field": n, "align": "left"}
        | {"classes": "hmc-wrap"}
        for n in ("name", "before", "after")
    ]
    with ui.element("div").classes("hmc-listing"):
        ui.table(columns=columns, rows=rows, row_key="name").props("flat wrap-cells")


def _text(value: object) -> str:
    return "—" if value is None else str(value)


@acting(*AUDITORS)
async def _verify(actor: Actor) -> None:
    """Compute the whole chain again, and say whether it holds."""
    report = await log.chain(context(), actor)
    with dialog(t("audit.verify")) as box:
        if report.broken_at is None:
            note(t("audit.whole", rows=report.rows))
            facts([(t("audit.head"), report.head)])
            Text("p", t("audit.head_text")).classes("hmc-quiet")
        else:
            note(t("audit.broken", number=report.broken_at), "bad")
        with ui.element("div").classes("hmc-buttons"):
            button(t("frame.close"), lambda: box.submit(None), kind="quiet")
    await answer_of(box)


def _export(form: Form) -> None:
    asked = urlencode(_values(form))
    ui.navigate.to(f"{EXPORT}?{asked}" if asked else EXPORT)
    now = datetime.now(context().settings.timezone)
    notify(t("audit.exporting", at=now.strftime("%H:%M")))
