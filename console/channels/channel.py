"""One channel: its entry in the dictionary, its account, and a test."""

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import dictionaries
from centre.catalog.models import ChannelChanges, ChannelEntry
from centre.schedule.rules import channel_scope
from console.catalog.times_form import draw_times
from console.channels.account_list import draw_accounts
from console.channels.channel_test import draw_test
from console.channels.channels import switch_channel
from console.channels.limit_words import limits_in_words
from console.channels.receipt_addresses import draw_receipts
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.setup import (
    back,
    check_given,
    entries,
    grid,
    in_words,
    may_change,
    state_badge,
)
from console.kit.shell import actions, heading
from console.kit.texts import t
from console.kit.widgets import button, card, confirm, facts
from core.errors import FieldError, Invalid


@page("/channels/{code}", title="channels.one", headed=False)
async def channel(code: str) -> None:
    """Show one channel."""
    entry = await dictionaries.channel_entry(context(), code)
    changes = await may_change()
    back("/channels", t("channels.title"))
    heading(in_words(entry.name, entry.name_en), entry.code)
    if changes:
        _switches(entry)
    with grid():
        _draw_facts(entry)
        if changes:
            _draw_form(entry)
    await draw_accounts(entry.code, changes=changes)
    scope = channel_scope(entry.code)
    await draw_times(scope, t("when.title"), changes=changes)
    if changes:
        draw_receipts(entry.code)
        await draw_test(entry.code)


def _switches(entry: ChannelEntry) -> None:
    @acting(*ADMINS)
    async def switch(actor: Actor) -> None:
        wanted, title = not entry.enabled, t("channels.disable")
        name = in_words(entry.name, entry.name_en)
        text = t("channels.disable_text", channel=name)
        if wanted or await confirm(title, text, yes=title):
            await switch_channel(entry.code, wanted, actor)
            ui.navigate.reload()

    with actions():
        if entry.enabled:
            button(t("channels.disable"), switch, icon="block", kind="danger")
        else:
            button(t("channels.enable"), switch, icon="check", kind="primary")


def _draw_facts(entry: ChannelEntry) -> None:
    with card(t("channels.facts")):
        facts(
            [
                (t("setup.state"), lambda: state_badge(entry.enabled)),
                (t("channels.name_zh"), entry.name),
                (t("channels.name_en"), entry.name_en or "—"),
                (t("channels.cost"), f"¥ {entry.cost_per_message:g}"),
                (t("channels.limits"), limits_in_words(entry.limits) or "—"),
            ]
        )


def _draw_form(entry: ChannelEntry) -> None:
    form = Form()
    with card(t("channels.change")):
        with ui.element("div").classes("hmc-row"):
            form.text("name", "channels.name_zh", entry.name)
            form.text("name_en", "channels.name_en", entry.name_en)
        cost = form.number("cost_per_message", "channels.cost", entry.cost_per_message)
        cost.props("min=0 max=1000 step=0.001")
        lines = "\n".join(f"{name}={most}" for name, most in entry.limits.items())
        form.area("limits", "channels.limits", lines, hint=t("channels.limits_hint"))

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            check_given(form, "name", "cost_per_message")
            with form.checked():
                changes = ChannelChanges(
                    name=form.value("name"),
                    name_en=form.value("name_en"),
                    cost_per_message=form.value("cost_per_message"),
                    limits=_limits(form.value("limits")),
                )
                await dictionaries.update_channel(context(), entry.code, changes, actor)
            ui.navigate.reload()

        with ui.element("div").classes("hmc-buttons"):
            button(t("frame.save"), save, icon="save", kind="primary")


def _limits(text: str) -> dict[str, int]:
    """Read `name=number` lines; Invalid where one is something else."""
    found: dict[str, int] = {}
    for line in entries(text):
        name, sign, number = line.partition("=")
        if not sign or not name.isidentifier() or not number.isdecimal():
            raise Invalid(
                "", [FieldError("/limits", t("channels.limits_wrong", line=line))]
            )
        found[name] = int(number)
    return found
