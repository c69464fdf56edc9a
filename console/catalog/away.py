"""What a message type does while a provider is away, as a form and in words."""

from typing import Any

from nicegui import ui

from console.kit.forms import Form
from console.kit.texts import t
from core.policies import MessageType
from core.retries import USUAL


def away_fields(form: Form, kind: MessageType) -> None:
    """Draw how long a type's messages wait, and whether they are sent again."""
    hint = t("away.seconds_hint", usual=USUAL[kind.priority])
    with ui.element("div").classes("hmc-row"):
        form.number("retry_seconds", "away.seconds", kind.retry_seconds, hint=hint)
        form.switch("resend_when_back", "away.back", kind.resend_when_back)


def away_values(form: Form) -> dict[str, Any]:
    """Return them as the store takes them."""
    given = form.value("retry_seconds")
    whole = int(given) if given is not None and given == int(given) else given
    return {
        "retry_seconds": whole,
        "resend_when_back": bool(form.value("resend_when_back")),
    }


def away_in_words(kind: MessageType) -> str:
    """Return in words what a type does."""
    back = t("away.resent" if kind.resend_when_back else "away.not_resent")
    return t("away.waits", seconds=kind.waits_seconds, back=back)
