"""The client systems, and the dialog that lets another one join."""

from typing import Any

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.clients import service
from centre.clients.models import Client, ClientDraft, NewClient
from console.clients.client_form import client_fields, client_values
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.setup import check_code, check_given, may_change, state, type_names
from console.kit.shell import actions
from console.kit.table import Column, Listing, Rows
from console.kit.texts import t
from console.kit.widgets import (
    answer_of,
    button,
    choices,
    dialog,
    note,
    show_secret,
    when,
)


@page("/clients", title="clients.title", icon="hub")
async def clients() -> None:
    """List the client systems."""
    listing = Listing(
        columns=(
            Column("code", "clients.code", link="href"),
            Column("name", "clients.name", wrap=True),
            Column("state", "setup.state", tone="tone"),
            Column("types", "clients.types"),
            Column("rate", "clients.rate_short", right=True),
            Column("used", "clients.last_use"),
        ),
        load=_load,
        empty="clients.empty",
        key="code",
        label="clients.title",
    )
    if await may_change():
        with actions():
            button(t("clients.new"), _ask_new, icon="add", kind="primary")
    await listing.draw()


async def _load(cursor: str | None) -> tuple[Rows, str | None]:
    found = await service.list_clients(context(), cursor, 50)
    return [_row(client) for client in found.items], found.next


def _row(client: Client) -> dict[str, Any]:
    word, tone = state(client.enabled)
    kinds = client.message_types
    return {
        "code": client.code,
        "href": f"/clients/{client.code}",
        "name": client.name,
        "state": word,
        "tone": tone,
        "types": t("clients.all_types") if kinds is None else str(len(kinds)),
        "rate": str(client.rate_per_minute or "—"),
        "used": when(client.last_used_at)
        if client.last_used_at
        else t("clients.never"),
    }


@acting(*ADMINS)
async def _ask_new(_: Actor) -> None:
    names = await type_names()
    form = Form()
    with dialog(t("clients.new"), wide=True) as box:
        note(t("clients.new_hint"))
        with ui.element("div").classes("hmc-row"):
            form.text("code", "clients.code", hint=t("clients.code_hint"))
            form.text("name", "clients.name")
        client_fields(form, names)

        @acting(*ADMINS)
        async def create(actor: Actor) -> None:
            box.submit(await _created(form, actor))

        choices(box, t("clients.create"), create)
    made = await answer_of(box)
    if isinstance(made, NewClient):
        await show_new(made)
        ui.navigate.to(f"/clients/{made.client.code}")


async def _created(form: Form, actor: Actor) -> NewClient:
    code = check_code(form)
    check_given(form, "name")
    with form.checked():
        values = client_values(form) | {"code": code, "name": form.value("name")}
        draft = ClientDraft.model_validate(values)
        return await service.create_client(context(), draft, actor)


async def show_new(made: NewClient) -> None:
    """Show a new client's secrets, this once."""
    pairs = [("appkey", made.appkey), ("appsecret", made.appsecret)]
    if made.callback_secret:
        pairs.append((t("clients.callback_secret"), made.callback_secret))
    await show_secret(t("clients.made", name=made.client.name), pairs)
