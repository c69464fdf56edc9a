"""The workstations of the wards: added, given secrets, switched off, online or not."""

from typing import Any

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.workstations import stations
from centre.workstations.contracts import (
    NewWorkstation,
    Workstation,
    WorkstationChanges,
    WorkstationDraft,
)
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.setup import check_given, entries, may_change, state
from console.kit.shell import actions
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.visits import present_actor
from console.kit.widgets import (
    answer_of,
    button,
    choices,
    confirm,
    dialog,
    note,
    show_secret,
    when,
)
from core.words import Role


@page("/workstations", title="ward.workstations", icon="desktop_windows")
async def workstations() -> None:
    """List the workstations."""
    await _Page(await may_change()).draw()


class _Page:
    """The list, and what may be done with each."""

    def __init__(self, changes: bool) -> None:
        self._changes = changes

    async def draw(self) -> None:
        with actions():
            button(t("work.refresh"), acting()(self._refresh), icon="refresh")
            if self._changes:
                new = acting(Role.ADMIN)(self._add)
                button(t("ward.new"), new, icon="add", kind="primary")
        note(t("ward.hint"))
        self._listing = Listing(
            columns=(
                Column("id", "ward.id", mono=True),
                Column("name", "ward.name", wrap=True),
                Column("department", "ward.department"),
                Column("staff", "ward.staff_count", right=True),
                Column("state", "setup.state", tone="tone"),
                Column("online", "ward.online", tone="online_tone"),
                Column("seen", "ward.last_seen"),
            ),
            load=_load,
            empty="ward.empty",
            key="id",
            label="ward.workstations",
            actions=self._actions() if self._changes else (),
        )
        await self._listing.draw()

    def _actions(self) -> tuple[Action, ...]:
        admin = acting(Role.ADMIN)
        return (
            Action("edit", "ward.edit", admin(self._edit)),
            Action("key", "ward.rotate", admin(self._rotate)),
            Action("block", "ward.disable", admin(self._switch_off), only="on"),
            Action("check", "ward.enable", admin(self._switch_on), only="off"),
        )

    async def _refresh(self, _: Actor) -> None:
        await self._listing.reload()

    async def _add(self, _: Actor) -> None:
        made = await _ask(t("ward.new"), None)
        if isinstance(made, NewWorkstation):
            title = t("ward.made", name=made.workstation.name)
            await _show(title, made.workstation.id, made.secret)
        await self._listing.reload()

    async def _edit(self, _: Actor, row: Row) -> None:
        await _ask(t("ward.edit"), row["station"])
        await self._listing.reload()

    async def _rotate(self, actor: Actor, row: Row) -> None:
        title = t("ward.rotate")
        if await confirm(title, t("ward.rotate_ask", name=row["name"]), yes=title):
            secret = await stations.rotate_secret(context(), row["id"], actor)
            await _show(title, row["id"], secret)
            await self._listing.reload()

    async def _switch_off(self, actor: Actor, row: Row) -> None:
        title = t("ward.disable")
        if await confirm(title, t("ward.disable_ask", name=row["name"]), yes=title):
            await self._switch(actor, row, enabled=False)

    async def _switch_on(self, actor: Actor, row: Row) -> None:
        await self._switch(actor, row, enabled=True)

    async def _switch(self, actor: Actor, row: Row, *, enabled: bool) -> None:
        changes = WorkstationChanges(enabled=enabled)
        await stations.update_workstation(context(), row["id"], changes, actor)
        await self._listing.reload()


async def _load(cursor: str | None) -> tuple[Rows, str | None]:
    actor = await present_actor()
    found = await stations.list_workstations(context(), actor, cursor, 50)
    return [_row(station) for station in found.items], found.next


def _row(station: Workstation) -> dict[str, Any]:
    word, tone = state(station.enabled)
    seen = station.last_seen_at
    return {
        "id": station.id,
        "station": station,
        "name": station.name,
        "department": station.department,
        "staff": str(len(station.staff)),
        "state": word,
        "tone": tone,
        "online": t("ward.is_online" if station.online else "ward.is_offline"),
        "online_tone": "good" if station.online else "",
        "seen": when(seen) if seen else t("ward.never"),
        "on": station.enabled,
        "off": not station.enabled,
    }


async def _show(title: str, station_id: str, secret: str) -> None:
    await show_secret(title, [(t("ward.id"), station_id), (t("ward.secret"), secret)])


async def _ask(title: str, station: Workstation | None) -> NewWorkstation | None:
    """Ask what a workstation is, new or known; return a new one with its secret."""
    form = Form()
    with dialog(title) as box:
        if station is None:
            form.text("id", "ward.id", hint=t("ward.id_hint"))
        form.text("name", "ward.name", station.name if station else "")
        where = station.department if station else ""
        form.text("department", "ward.department", where, hint=t("ward.where_hint"))
        who = "\n".join(station.staff) if station else ""
        form.area("staff", "ward.staff", who, hint=t("ward.staff_hint"))

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            check_given(form, *(["id"] if station is None else []), "name")
            check_given(form, "department")
            with form.checked():
                box.submit(await _saved(form, station, actor) or True)

        choices(box, t("frame.save"), save)
    made = await answer_of(box)
    return made if isinstance(made, NewWorkstation) else None


async def _saved(
    form: Form, station: Workstation | None, actor: Actor
) -> NewWorkstation | None:
    values = {name: form.value(name) for name in ("name", "department")}
    values["staff"] = entries(form.value("staff"))
    if station is None:
        draft = WorkstationDraft.model_validate(values | {"id": form.value("id")})
        return await stations.create_workstation(context(), draft, actor)
    changes = WorkstationChanges.model_validate(values)
    await stations.update_workstation(context(), station.id, changes, actor)
    return None
