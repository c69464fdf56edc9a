"""The fields of what a client system may do, for a new one and one that is there."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from centre.clients.checks import Callback
from centre.clients.models import Client
from console.kit.forms import Form
from console.kit.setup import entries
from console.kit.texts import t
from core.words import USUAL_SCOPES, Scope


def client_fields(
    form: Form, types: Mapping[str, str], client: Client | None = None
) -> None:
    """Draw the limits of a client; what is left empty is not limited."""
    scopes = {scope.value: t(f"scope.{scope}") for scope in Scope}
    held = client.scopes if client else USUAL_SCOPES
    form.choice("scopes", "clients.scopes", scopes, sorted(held), several=True)
    kinds = sorted(client.message_types or ()) if client else []
    named = {code: f"{name} ({code})" for code, name in types.items()}
    chosen = form.choice(
        "message_types",
        "clients.types",
        named | {code: code for code in kinds if code not in named},
        kinds,
        several=True,
        hint=t("clients.types_hint"),
    )
    chosen.props("use-input input-debounce=0")  # what is typed narrows a long list
    with ui.element("div").classes("hmc-row"):
        _sources(form, client)
    with ui.element("div").classes("hmc-row"):
        _callback(form, client.callback if client else None)


def _sources(form: Form, client: Client | None) -> None:
    cidrs = "\n".join(client.cidrs) if client else ""
    form.area("cidrs", "clients.cidrs", cidrs, hint=t("clients.cidrs_hint"))
    rate = client.rate_per_minute if client else None
    hint = t("clients.rate_hint")
    form.number("rate_per_minute", "clients.rate", rate, hint=hint, min=1, step=1)


def _callback(form: Form, callback: Callback | None) -> None:
    url = callback.url if callback else ""
    form.text("callback", "clients.callback", url, hint=t("clients.callback_hint"))
    allow = "\n".join(callback.allow) if callback else ""
    form.area("allow", "clients.allow", allow, hint=t("clients.allow_hint"))


def client_values(form: Form) -> dict[str, Any]:
    """Return the limits as the store takes them."""
    rate, url = form.value("rate_per_minute"), form.value("callback")
    allow = entries(form.value("allow"))
    return {
        "scopes": form.value("scopes") or [],
        "message_types": form.value("message_types") or None,
        "cidrs": entries(form.value("cidrs")),
        "rate_per_minute": None if rate is None else int(rate),
        "callback": {"url": url, "allow": allow} if url else None,
    }
