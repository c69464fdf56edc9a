"""What a message type does while a provider is away, as a form and in words."""

from typing import Any

from nicegui import ui

from console.kit.forms import Form
from console.kit.texts import t
from core.policies import MessageType
from core.retries import USUAL


def away_fields(form: Form, message_type: MessageType) -> None:
    """Draw how long a type's messages wait, and whether they are sent again."""
    hint = t("away.seconds_hint", usual=USUAL[message_type.priority])
    with ui.element("div").classes("hmc-row"):
        form.number(
            "retry_seconds", "away.seconds", message_type.retry_seconds, hint=hint
        )
        form.switch("resend_when_back", "away.back", message_type.resend_when_back)


def away_values(form: Form) -> dict[str, Any]:
    """Return them as the store takes them."""
    given = form.value("retry_seconds")
    whole = int(given) if given is not None and given == int(given) else given
    return {
        "retry_seconds": whole,
        "resend_when_back": bool(form.value("resend_when_back")),
    }


def away_in_words(message_type: MessageType) -> str:
    """Return in words what a type does."""
    back = t("away.resent" if message_type.resend_when_back else "away.not_resent")
    return t("away.waits", seconds=message_type.waits_seconds, back=back)
