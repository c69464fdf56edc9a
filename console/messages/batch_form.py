"""What a batch's form asks for: whose, which type, when; and the empty list."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from centre.batches.columns import OWN, columns_of
from centre.batches.lists import batch_choices
from centre.batches.rules import is_rate
from centre.catalog import dictionaries
from centre.catalog.samples import SAMPLE_IDENTITIES, sample_params
from console.kit.context import context
from console.kit.errors import Refused
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.setup import check_given
from console.kit.texts import LANGUAGES, t, text_in
from core.policies import MessageType
from core.sheets.writing import empty_sheet
from core.words import IdentityType

FIELDS = ("client", "type", "send_at", "rate_per_second")


@dataclass(frozen=True)
class Choice:
    """What the form says: two are alike or not."""

    client: str
    type: str
    send_at: datetime | None
    rate_per_second: float | None


class BatchForm(Form):
    """The form; the types are those that the chosen system may send in a batch."""

    async def draw(self, known: Names) -> None:
        """Draw the fields."""
        self._known, self._choices = known, await batch_choices(context())
        systems = {code: known.client(code) for code in self._choices.clients}
        self.choice("client", "batch.client", systems)
        self._types = self.choice("type", "batch.type", self._allowed())
        self.text("send_at", "batch.send_at", hint=t("batch.send_at_hint"))
        rate = f"{context().settings.batch_rate:g}"
        self.number(
            "rate_per_second", "batch.rate", hint=t("batch.rate_hint", rate=rate)
        )
        self.element("client").on_value_change(self._offer)

    def chosen(self) -> Choice:
        """Return what the form says; Refused where it says nothing sensible."""
        check_given(self, "client", "type")
        rate = self.value("rate_per_second")
        if rate is not None and not is_rate(rate):
            self.refuse("rate_per_second", t("batch.rate_wrong"))
            raise Refused
        return Choice(self.value("client"), self.value("type"), self._time(), rate)

    def _time(self) -> datetime | None:
        text = self.value("send_at")
        if not text:
            return None
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            self.refuse("send_at", t("batch.send_at_wrong"))
            raise Refused from None
        zone = context().settings.timezone
        return local if local.tzinfo else local.replace(tzinfo=zone)

    def _offer(self) -> None:
        """Offer the types of the system that is chosen now."""
        types, held = self._allowed(), self.value("type")
        self._types.set_options(types, value=held if held in types else None)

    def _allowed(self) -> dict[str, str]:
        codes = self._choices.types_of(self.value("client") or "")
        return {code: self._known.type(code) for code in codes}


async def labels() -> dict[str, str]:
    """Return the columns' other names, in both languages."""
    known = await dictionaries.list_identity_types(context())
    own = {text_in(tongue, f"batch.own_{n}"): n for n in OWN for tongue in LANGUAGES}
    return own | {
        label: str(entry.code)
        for entry in known
        for label in (entry.name, entry.name_en)
        if label and entry.code in set(IdentityType)
    }


async def empty_list(message_type: MessageType, known: Names) -> bytes:
    """Return a type's list to fill in, with notes and an example beside it."""
    columns = columns_of(message_type)
    heads = _heads(columns, known)
    samples = {str(k): v for k, v in SAMPLE_IDENTITIES.items()}
    samples |= sample_params(c for c in columns if c not in {*samples, *OWN})
    samples |= {"name": "王*", "reference": "HIS-0001"}
    notes = [
        [t("batch.notes_column"), t("batch.notes_sample"), t("batch.notes_told")],
        *([heads[c], samples[c], t(_note_on(c))] for c in columns),
        *([t(f"batch.notes_{n}"), "", ""] for n in ("text", "one_each", "checked")),
    ]
    titles = (t("batch.sheet_list"), t("batch.sheet_notes"))
    names = [heads[c] for c in columns]
    return await asyncio.to_thread(empty_sheet, names, notes, titles)


def _heads(columns: Sequence[str], known: Names) -> dict[str, str]:
    """Return what a sheet calls its columns: a name of the language, each once."""
    heads: dict[str, str] = {}
    for column in columns:
        name = column
        if column in set(IdentityType):
            name = known.identity(IdentityType(column))
        elif column in OWN:
            name = t(f"batch.own_{column}")
        taken = {*heads.values(), *columns} - {column}
        heads[column] = column if name in taken else name
    return heads


def _note_on(column: str) -> str:
    if column in set(IdentityType):
        return "batch.notes_identity"
    return "batch.notes_optional" if column in OWN else "batch.notes_needed"
