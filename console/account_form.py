"""The form of a provider's account; secrets can be set, and never seen."""

from typing import Any

from nicegui import ui

from console.desk import desk
from console.forms import Form
from console.frame import acting
from console.texts import knows, t
from console.widgets import button, card, confirm, facts, note, when
from core.errors import NotFound
from core.words import Channel, Role
from operations.account_fields import AccountField, account_fields
from operations.accounts import AccountView, account_view, set_account
from store.accounts import drop_account
from store.audit import Actor

_MASK = "••••••••"


async def draw_account(channel: Channel, *, changes: bool) -> None:
    """Draw the account of a channel, and the form that sets it."""
    with card(t("provider.title")):
        try:
            async with desk().store.sessions() as session:
                view = await account_view(session, desk().settings, channel)
        except NotFound:
            key = (
                "provider.inbox" if channel is Channel.INBOX else "provider.no_provider"
            )
            note(t(key))
            return
        note(
            t(f"provider.is_from_{view.source}"),
            "warn" if view.source == "none" else "",
        )
        _draw_facts(view, account_fields(channel))
        if changes:
            with ui.expansion(t("provider.change"), icon="edit").classes("w-full"):
                _draw_form(view, account_fields(channel))


def _draw_facts(view: AccountView, fields: tuple[AccountField, ...]) -> None:
    pairs = []
    for field in fields:
        shown = str(view.values.get(field.name) or "—")
        if field.secret:
            held = field.name in view.secrets_set
            shown = _MASK if held else t("provider.not_set")
        pairs.append((_label(field), shown))
    if view.set_by:
        pairs.append((t("provider.set"), f"{view.set_by} · {when(view.set_at)}"))
    facts(pairs)


def _label(field: AccountField) -> str:
    key = f"provider.{field.name}"
    return t(key) if knows(key) else field.name


def _draw_form(view: AccountView, fields: tuple[AccountField, ...]) -> None:
    form, kept = Form(), view.source == "store"
    note(t("provider.hint"))
    for field in fields:
        _draw_field(form, field, view, kept)

    @acting(Role.ADMIN)
    async def save(actor: Actor) -> None:
        with form.checked():
            given = {f.name: v for f in fields if (v := _given(form, f)) is not None}
            async with desk().store.sessions.begin() as session:
                await set_account(session, view.channel, given, actor)
        ui.navigate.reload()

    @acting(Role.ADMIN)
    async def forget(actor: Actor) -> None:
        title = t("provider.forget")
        if await confirm(title, t("provider.forget_text"), yes=title):
            async with desk().store.sessions.begin() as session:
                await drop_account(session, view.channel, actor)
            ui.navigate.reload()

    with ui.element("div").classes("hmc-buttons"):
        if kept:
            button(t("provider.forget"), forget, icon="delete", kind="danger")
        button(t("provider.save"), save, icon="save", kind="primary")


def _draw_field(form: Form, field: AccountField, view: AccountView, kept: bool) -> None:
    label = f"provider.{field.name}"
    label = label if knows(label) else "provider.other"
    # What the sandbox or the file holds is no beginning for an account of ours.
    value = view.values.get(field.name) if kept else field.default
    if field.secret:
        held = kept and field.name in view.secrets_set
        hint = t("provider.keep") if held else t("provider.secret_new")
        form.password(field.name, label, hint=hint, autocomplete="new-password")
    elif field.choices:
        options = {choice: choice for choice in field.choices}
        form.choice(field.name, label, options, value or field.choices[0])
    elif field.number:
        form.number(field.name, label, value if isinstance(value, int) else None)
    else:
        form.text(field.name, label, str(value or ""))


def _given(form: Form, field: AccountField) -> Any:
    """Return what a field holds, None where it is empty."""
    value = form.value(field.name)
    if value in (None, ""):
        return None
    return int(value) if field.number else value
