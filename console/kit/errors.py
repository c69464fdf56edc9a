"""Shows errors to the person at the page: what happened, and what to do."""

import structlog
from nicegui import Client, ui
from pydantic_core import ErrorDetails

from console.kit.texts import knows, t
from core.errors import Invalid, MessageCentreError, Unavailable
from core.process.logs import describe

_log = structlog.get_logger("console")


class Refused(Exception):
    """A form shows what is wrong with it; nothing more is to be said."""


def show_error(error: Exception, client: Client) -> None:
    """Show an error as a notification; log what nobody expected."""
    with client:
        if isinstance(error, Refused):
            notify(t("frame.check_fields"), good=False, stays=False)
            return
        if isinstance(error, MessageCentreError):
            notify(error_text(error), good=False)
            return
        _log.error("unexpected", page=client.page.path, **describe(error))
        notify(t("error.unexpected"), good=False)


def error_text(error: MessageCentreError) -> str:
    """Return an error in the visitor's words: its text, and what to do."""
    lines = [translated(str(error))]
    if isinstance(error, Invalid):
        lines += [translated(field_error.detail) for field_error in error.errors]
    key = f"error.{type(error).__name__}"
    if knows(key):
        lines.append(t(key))
    elif isinstance(error, Unavailable):
        lines.append(t("error.Unavailable"))
    return "\n".join(dict.fromkeys(lines))


def translated(detail: str) -> str:
    """Return an English error text in the visitor's language, where we have it."""
    key = f"detail.{detail}"
    return t(key) if knows(key) else detail


def in_words(error: ErrorDetails) -> str:
    """Return what pydantic refuses, in the visitor's language where we have words."""
    facts = error.get("ctx", {})
    if error["type"] == "value_error":
        return translated(str(facts["error"]))
    key = f"invalid.{error['type']}"
    return t(key, **facts) if knows(key) else translated(error["msg"])


def notify(text: str, *, good: bool = True, stays: bool = True) -> None:
    """Show a short note on top; bad news stays until it is closed."""
    waits = not good and stays
    ui.notification(
        text,
        type="positive" if good else "negative",
        position="top",
        multi_line="\n" in text or len(text) > 60,
        timeout=0 if waits else 3,
        close_button=t("frame.close") if waits else False,
    )
