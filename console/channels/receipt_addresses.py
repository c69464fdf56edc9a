"""Where a channel's providers report: addresses to enter there, shown on demand."""

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.receipts.addresses import (
    receipt_addresses,
    renew_receipt_address,
    reports,
)
from centre.receipts.models import ReceiptAddress
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import button, card, confirm, copyable, note
from core.words import Channel

# These two are asked for a token and a key as well.
_SEALED = (Channel.WECHAT, Channel.WECHAT_MINI, Channel.WECOM)


def draw_receipts(channel: Channel) -> None:
    """Draw the card of a channel whose providers call us; nothing for another."""
    if not reports(channel):
        return
    with card(t("receipts.title")):
        note(t("receipts.hint"))
        room = ui.element("div").classes("hmc-room")

        @acting(*ADMINS)
        async def show(actor: Actor) -> None:
            await _show(room, channel, actor)

        with ui.element("div").classes("hmc-buttons"):
            button(t("receipts.show"), show, icon="visibility")


async def _show(room: ui.element, channel: Channel, actor: Actor) -> None:
    found = await receipt_addresses(context(), channel, actor)
    room.clear()
    with room:
        if not found:
            note(t("receipts.none"))
        for address in found:
            _draw(room, address)


def _draw(room: ui.element, address: ReceiptAddress) -> None:
    channel, account = address.channel, address.account

    @acting(*ADMINS)
    async def another(actor: Actor) -> None:
        title = t("receipts.renew")
        if not await confirm(title, t("receipts.renew_text"), yes=title):
            return
        await renew_receipt_address(context(), channel, account, actor)
        notify(t("receipts.renewed"))
        await _show(room, channel, actor)

    with ui.element("section").classes("hmc-step"):
        Text("h3", f"{address.provider} · {account}")
        copyable(t("receipts.url"), address.url)
        if channel in _SEALED:
            copyable(t("receipts.token"), address.token)
            copyable(t("receipts.aes_key"), address.aes_key)
        with ui.element("div").classes("hmc-buttons"):
            made = button(t("receipts.renew"), another, icon="autorenew", kind="danger")
            made.props["aria-label"] = f"{t('receipts.renew')}: {account}"
