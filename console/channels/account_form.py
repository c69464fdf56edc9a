"""The forms of accounts; secrets can be set, and never seen."""

from typing import Any

from nicegui import ui

from centre.accounts.fields import AccountField, account_fields, provider_names
from centre.accounts.models import AccountDraft, AccountView
from centre.accounts.service import add_account, put_account, remove_account
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.setup import check_code
from console.kit.texts import knows, t
from console.kit.widgets import button, confirm, note
from core.words import Channel

_BESIDE = ("weight", "enabled", "max_concurrent", "per_second")


def label_of(field: AccountField) -> str:
    """Return the key of a field's label."""
    key = f"provider.{field.name}"
    return key if knows(key) else "provider.other"


def draw_change(view: AccountView) -> None:
    """Draw the form that sets an account which there is."""
    form, kept = Form(), view.source == "store"
    fields = account_fields(view.channel, view.provider)
    note(t("provider.hint"))
    for field in fields:
        _draw_field(form, field, view, kept)
    _draw_beside(form, view)

    @acting(*ADMINS)
    async def save(actor: Actor) -> None:
        with form.checked():
            draft = _draft(form, fields, view.provider)
            await put_account(context(), view.channel, view.code, draft, actor)
        ui.navigate.reload()

    @acting(*ADMINS)
    async def forget(actor: Actor) -> None:
        title = t("provider.forget")
        if await confirm(title, t("provider.forget_text"), yes=title):
            await remove_account(context(), view.channel, view.code, actor)
            ui.navigate.reload()

    with ui.element("div").classes("hmc-buttons"):
        if kept:
            button(t("provider.forget"), forget, icon="delete", kind="danger")
        button(t("provider.save"), save, icon="save", kind="primary")


def draw_new(channel: Channel) -> None:
    """Draw the form of a further account; its fields are its provider's."""
    names = provider_names(channel)
    empty = AccountView(channel=channel, source="none", enabled=True, weight=100)
    form, room = Form(), ui.element("div").classes("hmc-room")

    def draw(provider: str) -> None:
        form.clear()
        room.clear()
        with room:
            _draw_name(form, provider)
            for field in account_fields(channel, provider):
                _draw_field(form, field, empty, kept=False)
            _draw_beside(form, empty)

    def _draw_name(form: Form, provider: str) -> None:
        with ui.element("div").classes("hmc-row"):
            form.text("code", "accounts.code", hint=t("accounts.code_hint"))
            options = {name: name for name in names}
            chosen = form.choice("provider", "accounts.provider", options, provider)
        chosen.on_value_change(lambda event: draw(event.value))

    @acting(*ADMINS)
    async def add(actor: Actor) -> None:
        with form.checked():
            code, provider = check_code(form), form.value("provider")
            draft = _draft(form, account_fields(channel, provider), provider)
            await add_account(context(), channel, code, draft, actor)
        ui.navigate.reload()

    note(t("accounts.add_hint"))
    draw(names[0])
    with ui.element("div").classes("hmc-buttons"):
        button(t("accounts.add_button"), add, icon="add", kind="primary")


def _draw_beside(form: Form, view: AccountView) -> None:
    """Draw what every account has, whoever its provider is."""
    with ui.element("div").classes("hmc-row"):
        hint = t("accounts.weight_hint")
        form.number("weight", "accounts.weight", view.weight, hint=hint)
        for name in ("max_concurrent", "per_second"):
            value = getattr(view, name)
            form.number(name, f"accounts.{name}", value, hint=t("accounts.unlimited"))
    form.switch("enabled", "accounts.enabled", view.enabled)


def _draw_field(form: Form, field: AccountField, view: AccountView, kept: bool) -> None:
    label = label_of(field)
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


def _draft(
    form: Form, fields: tuple[AccountField, ...], provider: str | None
) -> AccountDraft:
    beside = {name: form.value(name) for name in _BESIDE}
    beside = {name: v for name, v in beside.items() if v is not None and v != ""}
    for name in ("weight", "max_concurrent"):
        if name in beside:
            beside[name] = int(beside[name])
    values = {f.name: v for f in fields if (v := _given(form, f)) is not None}
    return AccountDraft.model_validate(
        {"provider": provider, **beside, "values": values}
    )


def _given(form: Form, field: AccountField) -> Any:
    """Return what a field holds, None where it is empty."""
    value = form.value(field.name)
    if value in (None, ""):
        return None
    return int(value) if field.number else value
