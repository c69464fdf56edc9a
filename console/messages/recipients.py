"""Whom a message is for: masked, and in clear after a step that the log keeps."""

from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.messages.reveal import recipient_of, reveal_recipient
from centre.people.masking import MAY_LOOK
from console.kit.acting import acting
from console.kit.context import context
from console.kit.names import Names
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import button, card, confirm, facts, note
from core.models import Recipient


async def draw_recipient(message_id: UUID, known: Names) -> None:
    """Draw a card with the recipient, masked."""
    recipient = await recipient_of(context(), message_id)
    visitor = await present_visitor()
    with card(t("message.recipient")):
        if recipient is None:
            note(t("message.recipient_gone"))
            return
        room = ui.element("div")
        with room:
            _draw(recipient, known)
        if visitor is None or visitor.role not in MAY_LOOK:
            return

        @acting(*MAY_LOOK)
        async def reveal(actor: Actor) -> None:
            title = t("message.reveal")
            yes = t("message.reveal_yes")
            text = t("message.reveal_ask")
            if await confirm(title, text, yes=yes, danger=False):
                clear = await reveal_recipient(context(), message_id, actor)
                room.clear()
                with room:
                    _draw(clear, known)
                shown.set_visibility(False)

        with ui.element("div"):
            shown = button(t("message.reveal"), reveal, icon="visibility")


def _draw(recipient: Recipient, known: Names) -> None:
    pairs = [(t("message.name"), recipient.name or t("work.none"))]
    pairs += [(known.identity(k), value) for k, value in recipient.identities.items()]
    facts(pairs)
