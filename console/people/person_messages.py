"""A patient's messages on their page, the newest first, of one type or of all."""

from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.messages.contracts import MessageFilter
from centre.messages.finding import list_messages, note_search
from console.kit.context import context
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.searching import trail_in_words
from console.kit.table import Column, Listing, Rows
from console.kit.texts import t
from console.kit.widgets import note
from console.messages.message_rows import row_of
from core.base import evolve

_SHOWN = 10


class PersonMessages:
    """The list of what was sent to one patient, by whatever number."""

    def __init__(self, person_id: UUID, known: Names) -> None:
        self._wanted = MessageFilter(person=person_id)
        self._names = known

    async def draw(self, actor: Actor) -> None:
        """Draw the list; the audit log keeps who looked."""
        trail = await note_search(context(), self._wanted, actor)
        note(trail_in_words(trail))
        with ui.element("div").classes("hmc-terms"):
            types = {"": t("work.all"), **self._names.types}
            chosen = Form().choice("type", "work.type", types, "")
        self._listing = Listing(
            columns=(
                Column("created", "work.created"),
                Column("type", "work.type", link="address"),
                Column("channel", "messages.through"),
                Column("status", "work.status", tone="tone"),
            ),
            load=self._load,
            empty="patients.no_messages",
            key="id",
            label="patients.messages",
        )
        await self._listing.draw()

        async def narrow() -> None:
            self._wanted = evolve(self._wanted, type=chosen.value or None)
            await self._listing.reload()

        chosen.on_value_change(narrow)

    async def _load(self, cursor: str | None) -> tuple[Rows, str | None]:
        found = await list_messages(context(), self._wanted, cursor, _SHOWN)
        return [row_of(doc, self._names) for doc in found.items], found.next
