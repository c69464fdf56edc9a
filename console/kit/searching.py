"""The conditions of a search for messages: fields, and what they ask the store."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from nicegui import ui

from centre.messages.contracts import MessageFilter
from centre.people.owners import Trail
from console.kit.context import context
from console.kit.errors import Refused, translated
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.texts import t
from core.identities import normalise
from core.models import Address
from core.words import IdentityType, Status

# The first of these is offered: what most people ask with.
_USUAL = IdentityType.MOBILE
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d")


@dataclass(frozen=True)
class Search:
    """The fields of a search; `recipient=False` asks for no personal number."""

    form: Form
    recipient: bool
    texts: tuple[ui.input, ...]

    def wanted(self, **fixed: Status) -> MessageFilter:
        """Return what is asked for; marks a field that is no time or number."""
        form = self.form
        chosen: dict[str, object] = {
            name: form.value(name) or None for name in ("client", "type", "reference")
        }
        if self.recipient:
            chosen["status"] = form.value("status") or None
            chosen["recipient"] = self._address()
            chosen["unacknowledged"] = bool(form.value("unacknowledged"))
        chosen["since"] = self._time("from")
        chosen["until"] = self._time("to")
        return MessageFilter.model_validate(chosen | fixed)

    def message_id(self) -> UUID | None:
        """Return the id that stands where a reference may stand."""
        try:
            return UUID(self.form.value("reference") or "")
        except ValueError:
            return None

    def _address(self) -> Address | None:
        value = self.form.value("identity")
        if not value:
            return None
        kind = IdentityType(self.form.value("identity_type"))
        try:
            return Address(type=kind, value=normalise(kind, value))
        except ValueError as error:
            self.form.refuse("identity", translated(str(error)))
            raise Refused from None

    def _time(self, name: str) -> datetime | None:
        given = self.form.value(name)
        if not given:
            return None
        zone = context().settings.timezone
        for spelling in _TIMES:
            try:
                local = datetime.strptime(given, spelling).replace(tzinfo=zone)
                return local.astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        self.form.refuse(name, t("work.not_a_time"))
        raise Refused


def draw_search(
    names: Names,
    *,
    recipient: bool = True,
    client: str = "",
    status: str = "",
    unacknowledged: bool = False,
) -> Search:
    """Draw the fields in a grid; the page adds its buttons below."""
    form = Form()
    everything = {"": t("work.all")}
    with ui.element("div").classes("hmc-terms"):
        label = "messages.find" if recipient else "work.reference"
        texts = [form.text("reference", label)]
        if recipient:
            texts.append(_draw_recipient(form, names))
            states = {s.value: t(f"status.{s}") for s in Status}
            chosen = status if status in states else ""
            form.choice("status", "work.status", everything | states, chosen)
        form.choice("type", "work.type", everything | dict(names.types), "")
        systems = everything | dict(names.clients)
        chosen = client if client in systems else ""
        form.choice("client", "work.client", systems, chosen)
        for name in ("from", "to"):
            made = form.text(name, f"work.{name}", type="datetime-local")
            texts.append(made.props("stack-label"))
        if recipient:
            form.switch("unacknowledged", "ward.only_unacknowledged", unacknowledged)
    return Search(form, recipient, tuple(texts))


def _draw_recipient(form: Form, names: Names) -> ui.input:
    kinds = {str(k): names.identity(k) for k in IdentityType}
    form.choice("identity_type", "messages.identity_type", kinds, str(_USUAL))
    return form.text(
        "identity",
        "messages.identity",
        hint=t("messages.identity_hint"),
        autocomplete="off",
    )


def trail_in_words(trail: Trail) -> str:
    """Say by what somebody's messages were looked for."""
    if not trail.people:
        return t("found.alone")
    made = {"count": trail.identities, "people": len(trail.people)}
    if len(trail.people) > 1:
        return t("found.several", **made)
    return t("found.staff" if trail.staff else "found.patient", **made)
