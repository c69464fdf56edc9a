"""When the hospital sends: quiet hours, caps, classes of messages, holidays."""

from datetime import date

from nicegui import ui

from console.desk import desk
from console.failures import notify
from console.forms import Form
from console.frame import acting, page
from console.listing import Action, Column, Listing, Row, Rows
from console.setup import back, may_change
from console.shell import Text, heading
from console.texts import t
from console.times_form import draw_times
from console.widgets import button, card, confirm
from core.errors import NotFound
from core.sending_times import HOSPITAL, Holiday, class_scope
from core.words import Role, TypeClass
from operations.sending_times import read_holidays
from store import sending_times as times
from store.audit import Actor


@page("/sending-times", title="when.page", icon="schedule")
async def sending_times() -> None:
    """Show the hospital's sending times and holidays."""
    changes = await may_change()
    Text("p", t("when.intro", zone=desk().settings.timezone.key)).classes("hmc-quiet")
    await draw_times(HOSPITAL, t("when.hospital"), changes=changes)
    with card(t("when.classes")), ui.element("div").classes("hmc-buttons"):
        for one in TypeClass:
            _link_to_class(one)
    with card(t("when.holidays")):
        await _draw_holidays(changes)


@page("/sending-times/{type_class}", title="when.one_class", headed=False)
async def class_times(type_class: str) -> None:
    """Show when messages of one class are sent."""
    if type_class not in set(TypeClass):
        raise NotFound("There is no such class.")
    back("/sending-times", t("when.page"))
    heading(t(f"class.{type_class}"))
    scope = class_scope(TypeClass(type_class))
    await draw_times(scope, t("when.title"), changes=await may_change())


def _link_to_class(one: TypeClass) -> None:
    target = f"/sending-times/{one}"
    button(t(f"class.{one}"), lambda: ui.navigate.to(target), icon="label")


async def _draw_holidays(changes: bool) -> None:
    @acting(Role.ADMIN)
    async def remove(actor: Actor, row: Row) -> None:
        title = t("when.holiday_remove")
        if not await confirm(title, t("when.holiday_ask", day=row["day"]), yes=title):
            return
        async with desk().store.sessions.begin() as session:
            await times.delete_holiday(session, date.fromisoformat(row["day"]), actor)
        await listing.reload()

    listing = Listing(
        columns=(
            Column("day", "when.day"),
            Column("name", "when.holiday_name"),
            Column("counts_as", "when.counts_as"),
        ),
        load=_load,
        empty="when.holidays_none",
        key="day",
        label="when.holidays",
        actions=(Action("delete", "when.holiday_remove", remove),) if changes else (),
    )
    await listing.draw()
    if changes:
        _draw_import(listing)


async def _load(cursor: str | None) -> tuple[Rows, str | None]:
    async with desk().store.sessions() as session:
        found = await times.list_holidays(session)
    return [_row(holiday) for holiday in found], None


def _row(holiday: Holiday) -> Row:
    return {
        "day": holiday.day.isoformat(),
        "name": holiday.name or "—",
        "counts_as": t(f"weekday.{holiday.counts_as}"),
    }


def _draw_import(listing: Listing) -> None:
    form = Form()
    form.area("holidays", "when.holidays_add", hint=t("when.holidays_hint"))

    @acting(Role.ADMIN)
    async def add(actor: Actor) -> None:
        with form.checked():
            found = read_holidays(form.value("holidays"))
            async with desk().store.sessions.begin() as session:
                await times.put_holidays(session, found, actor)
        form.element("holidays").set_value("")
        notify(t("when.holidays_added", count=len(found)))
        await listing.reload()

    with ui.element("div").classes("hmc-buttons"):
        button(t("when.holidays_save"), add, icon="event")
