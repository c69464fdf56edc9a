"""The forms of what queues are watched for."""

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.watch import thresholds
from centre.watch.rules import Expected, OwnThresholds, Thresholds
from centre.watch.watch_lines import read_recipients, read_types, write_types
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import (
    button,
    choices,
    dialog,
)
from core.models import Address
from core.words import Priority


def draw_thresholds(rules: Thresholds, *, changes: bool) -> None:
    """Draw what holds for every client without thresholds of its own."""
    form = Form()
    _numbers(form, rules.model_dump())

    @acting(*ADMINS)
    async def save(actor: Actor) -> None:
        with form.checked():
            given = Thresholds(**form.numbers(Thresholds.model_fields))
            await thresholds.put_thresholds(context(), given, actor)
        notify(t("alarms.saved"))

    _save(save, changes)


async def ask_own_thresholds(client: str, known: Names) -> None:
    """Ask what differs for one client; what is left empty holds by default."""
    found = await thresholds.thresholds_of(context(), client)
    form = Form()
    with dialog(t("alarms.own_title", client=known.client(client))) as box:
        Text("p", t("alarms.own_hint")).classes("hmc-quiet")
        in_force = found.in_force.model_dump()
        _numbers(form, found.own.model_dump(), in_force)

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            with form.checked():
                own = OwnThresholds(**form.numbers(Thresholds.model_fields))
                await thresholds.put_own_thresholds(context(), client, own, actor)
            box.submit(True)

        choices(box, t("frame.save"), save)
    if await box:
        notify(t("alarms.saved"))
    box.delete()


def draw_expected(rules: Expected, *, changes: bool) -> None:
    """Draw within which time messages are expected to make a step."""
    form = Form()
    Text("p", t("alarms.expected_hint")).classes("hmc-quiet")
    for priority in Priority:
        seconds = rules.within(priority, "").total_seconds()
        label = f"alarms.expected_{priority}"
        form.number(priority.value, label, seconds)
    hint = t("alarms.types_hint")
    form.area("types", "alarms.types", write_types(rules), hint=hint)

    @acting(*ADMINS)
    async def save(actor: Actor) -> None:
        with form.checked():
            seconds = {p: form.value(p.value) for p in Priority}
            given = Expected(seconds=seconds, types=read_types(form.value("types")))
            await thresholds.put_expected(context(), given, actor)
        notify(t("alarms.saved"))

    _save(save, changes)


def draw_recipients(told: Sequence[Address], known: Names, *, changes: bool) -> None:
    """Draw who is told; addresses are shown masked, and replaced as a whole."""
    form = Form()
    shown = ", ".join(f"{known.identity(a.type)} {a.value}" for a in told)
    Text("p", t("alarms.told_now", people=shown or t("alarms.nobody")))
    if not changes:
        return
    form.area("recipients", "alarms.people", hint=t("alarms.people_hint"))

    @acting(*ADMINS)
    async def save(actor: Actor) -> None:
        with form.checked():
            given = read_recipients(form.value("recipients"))
            await thresholds.put_recipients(context(), given, actor)
        notify(t("alarms.saved"))
        ui.navigate.reload()

    _save(save, changes)


def _numbers(
    form: Form, held: Mapping[str, Any], default: Mapping[str, Any] | None = None
) -> None:
    for name in Thresholds.model_fields:
        looks = {"placeholder": f"{default[name]:g}"} if default else {}
        form.number(name, f"alarms.{name}", held[name], **looks)


def _save(save: Any, changes: bool) -> None:
    if changes:
        with ui.element("div").classes("hmc-buttons"):
            button(t("frame.save"), save, kind="primary")
