"""A client's secrets: issued with an overlap, revoked, never seen again."""

from typing import Any

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.clients import secrets, service
from centre.clients.models import Client, NewSecret, SecretInfo
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.setup import check_given
from console.kit.shell import Text
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import (
    answer_of,
    button,
    card,
    choices,
    confirm,
    dialog,
    note,
    show_secret,
    when,
)
from core.clock import utc_now


async def draw_secrets(client: Client, *, changes: bool) -> None:
    """Draw a client's secrets, and what may be done with them."""

    async def load(cursor: str | None) -> tuple[Rows, str | None]:
        found = await secrets.secrets_of(context(), client.code)
        return [_row(secret) for secret in reversed(found)], None

    @acting(*ADMINS)
    async def revoke(actor: Actor, row: Row) -> None:
        await _revoke(client, row["secret"], actor)
        await listing.reload()

    listing = Listing(
        columns=(
            Column("id", "secrets.id", mono=True),
            Column("state", "setup.state", tone="tone"),
            Column("created", "secrets.created"),
            Column("ends", "secrets.ends"),
        ),
        load=load,
        empty="secrets.empty",
        key="id",
        label="secrets.title",
        actions=(Action("block", "secrets.revoke", revoke, only="live"),)
        if changes
        else (),
    )
    with card(t("secrets.title")):
        note(t("secrets.hint"))
        await listing.draw()
        if changes:
            _draw_buttons(client, listing)


def _row(secret: SecretInfo) -> dict[str, Any]:
    ended = secret.expires_at is not None and secret.expires_at <= utc_now()
    live = secret.revoked_at is None and not ended
    word = "secrets.live"
    if secret.revoked_at:
        word = "secrets.revoked"
    elif ended:
        word = "secrets.ended"
    elif secret.expires_at:
        word = "secrets.ending"
    return {
        "id": str(secret.id)[-12:],
        "secret": secret.id,
        "state": t(word),
        "tone": "good" if word == "secrets.live" else "warn" if live else "",
        "created": when(secret.created_at),
        "ends": when(secret.revoked_at or secret.expires_at),
        "live": live,
    }


async def _revoke(client: Client, secret: Any, actor: Actor) -> None:
    text = t("secrets.revoke_text", name=client.name)
    if await confirm(t("secrets.revoke"), text, yes=t("secrets.revoke")):
        await secrets.revoke_secret(context(), client.code, secret, actor)


def _draw_buttons(client: Client, listing: Listing) -> None:
    @acting(*ADMINS)
    async def rotate(_: Actor) -> None:
        await _ask_rotation(client)
        await listing.reload()

    @acting(*ADMINS)
    async def renew_callback(actor: Actor) -> None:
        title = t("secrets.renew_callback")
        if await confirm(title, t("secrets.renew_callback_text"), yes=title):
            rotate_secret = service.rotate_callback_secret
            made = await rotate_secret(context(), client.code, actor)
            await show_secret(title, [(t("clients.callback_secret"), made)])

    with ui.element("div").classes("hmc-buttons"):
        if client.callback:
            button(t("secrets.renew_callback"), renew_callback, icon="key")
        button(t("secrets.rotate"), rotate, icon="autorenew", kind="primary")


async def _ask_rotation(client: Client) -> None:
    form = Form()
    with dialog(t("secrets.rotate")) as box:
        Text("p", t("secrets.rotate_text"))
        field = form.number("overlap_hours", "secrets.overlap", 24, min=0)
        field.props(f"max={secrets.LONGEST_OVERLAP_HOURS} step=1")

        @acting(*ADMINS)
        async def issue(actor: Actor) -> None:
            check_given(form, "overlap_hours")
            rotate, hours = secrets.rotate_secret, float(form.value("overlap_hours"))
            with form.checked():
                overlap = secrets.overlap_of(hours)
                made = await rotate(context(), client.code, actor, overlap)
            box.submit(made)

        choices(box, t("secrets.issue"), issue)
    made = await answer_of(box)
    if isinstance(made, NewSecret):
        pairs = [("appkey", made.appkey), ("appsecret", made.appsecret)]
        await show_secret(t("secrets.issued"), pairs)
