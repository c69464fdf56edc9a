"""The rules by which traffic moves among the accounts of a channel."""

from nicegui import ui

from centre.accounts import routing_service
from centre.accounts.models import RulesInForce
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import button, card, confirm, facts, when
from core.traffic_shares import RoutingRules


async def draw_routing(*, changes: bool) -> None:
    """Draw the rules that hold, and the form that sets others."""
    held = await routing_service.routing_rules(context())
    with card(t("routing.title")):
        Text("p", t("routing.intro")).classes("hmc-quiet")
        Text("p", _source(held))
        if changes:
            _draw_form(held)
        else:
            facts([(t(f"routing.{n}"), f"{v:g}") for n, v in held.rules])


def _source(held: RulesInForce) -> str:
    if held.source == "settings":
        return t("routing.of_the_start")
    return t("routing.set", who=held.set_by or "", when=when(held.set_at))


def _draw_form(held: RulesInForce) -> None:
    form = Form()
    with ui.element("div").classes("hmc-terms"):
        for name, value in held.rules:
            form.number(name, f"routing.{name}", value)

    @acting(*ADMINS)
    async def save(actor: Actor) -> None:
        with form.checked():
            rules = RoutingRules(**form.numbers(RoutingRules.model_fields))
            await routing_service.put_routing_rules(context(), rules, actor)
        notify(t("routing.saved"))
        ui.navigate.reload()

    with ui.element("div").classes("hmc-buttons"):
        if held.source == "store":
            button(t("routing.forget"), _forget, kind="quiet")
        button(t("routing.save"), save, kind="primary")


@acting(*ADMINS)
async def _forget(actor: Actor) -> None:
    title = t("routing.forget")
    if not await confirm(title, t("routing.forget_text"), yes=title):
        return
    await routing_service.forget_routing_rules(context(), actor)
    ui.navigate.reload()
