"""When the hospital sends: quiet hours, caps, classes of messages, holidays."""

from datetime import date

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.schedule import holidays
from centre.schedule.holidays import read_holidays
from centre.schedule.rules import HOSPITAL, Holiday, class_scope
from centre.schedule.sending_times import everything_set
from console.catalog.time_words import times_in_words
from console.catalog.times_form import draw_times
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import Refused, notify
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.setup import back, may_change
from console.kit.shell import Text, heading
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import button, card, confirm
from core.errors import NotFound
from core.words import TypeClass


@page("/sending-times", title="when.page", icon="schedule")
async def sending_times() -> None:
    """Show the hospital's sending times and holidays."""
    changes = await may_change()
    Text("p", t("when.intro", zone=context().settings.timezone.key)).classes(
        "hmc-quiet"
    )
    await draw_times(HOSPITAL, t("when.hospital"), changes=changes)
    with card(t("when.classes")):
        await _draw_classes()
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


async def _draw_classes() -> None:
    """Draw what holds for each class, with the way to change it."""
    book = await everything_set(context())
    with ui.element("dl").classes("hmc-facts"):
        for one in TypeClass:
            with Text("dt", ""):
                ui.link(t(f"class.{one}"), f"/sending-times/{one}")
            rules = book.rules.get(class_scope(one))
            said = times_in_words(rules) if rules else [t("when.like_hospital")]
            Text("dd", " ".join(said))


async def _draw_holidays(changes: bool) -> None:
    @acting(*ADMINS)
    async def remove(actor: Actor, row: Row) -> None:
        title = t("when.holiday_remove")
        if not await confirm(title, t("when.holiday_ask", day=row["day"]), yes=title):
            return
        await holidays.delete_holiday(context(), date.fromisoformat(row["day"]), actor)
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
        _draw_one(listing)
        _draw_import(listing)


async def _load(cursor: str | None) -> tuple[Rows, str | None]:
    found = await holidays.list_holidays(context())
    return [_row(holiday) for holiday in found], None


def _row(holiday: Holiday) -> Row:
    return {
        "day": holiday.day.isoformat(),
        "name": holiday.name or "—",
        "counts_as": t(f"weekday.{holiday.counts_as}"),
    }


def _draw_one(listing: Listing) -> None:
    """Draw the fields of one more holiday."""
    form = Form()
    with ui.element("div").classes("hmc-row"):
        form.text("day", "when.day").props("type=date stack-label")
        form.text("name", "when.holiday_name", maxlength=64)
        weekdays = {day: t(f"weekday.{day}") for day in "7123456"}
        hint = t("when.counts_as_hint")
        form.choice("counts_as", "when.counts_as", weekdays, "7", hint=hint)

    @acting(*ADMINS)
    async def add(actor: Actor) -> None:
        if not form.value("day"):
            form.refuse("day", t("when.day_missing"))
            raise Refused
        with form.checked():
            held = {name: form.value(name) for name in ("day", "name")}
            counts_as = int(form.value("counts_as"))
            holiday = Holiday.model_validate(held | {"counts_as": counts_as})
            await holidays.put_holidays(context(), [holiday], actor)
        notify(t("when.holiday_added", day=holiday.day.isoformat()))
        form.element("day").set_value("")
        form.element("name").set_value("")
        await listing.reload()

    with ui.element("div").classes("hmc-buttons"):
        button(t("when.holiday_add"), add, icon="event", kind="primary")


def _draw_import(listing: Listing) -> None:
    """Draw the field into which a year's holidays are pasted."""
    form = Form()
    with ui.expansion(t("when.holidays_paste"), icon="content_paste").classes("w-full"):
        form.area("holidays", "when.holidays_csv", hint=t("when.holidays_hint"))

        @acting(*ADMINS)
        async def add(actor: Actor) -> None:
            with form.checked():
                found = read_holidays(form.value("holidays"))
                await holidays.put_holidays(context(), found, actor)
            form.element("holidays").set_value("")
            notify(t("when.holidays_added", count=len(found)))
            await listing.reload()

        with ui.element("div").classes("hmc-buttons"):
            button(t("when.holidays_save"), add, icon="event")
