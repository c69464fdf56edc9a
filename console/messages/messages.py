"""Search for messages: by id, reference, recipient, type, client, state and time."""

from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.messages.contracts import MessageFilter
from centre.messages.finding import export_messages, list_addressed, note_search
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.searching import draw_search, trail_in_words
from console.kit.shell import actions
from console.kit.table import Column, Listing, Rows
from console.kit.texts import t
from console.kit.widgets import button, card, note
from console.messages.message_rows import addressed_row
from core.base import evolve
from core.models import MessageStatus
from core.text import csv_safe


@page("/messages", title="messages.title", icon="mail")
async def messages_page(
    client: str = "", status: str = "", unacknowledged: str = "", batch: str = ""
) -> None:
    """Draw the conditions and what fits them."""
    start = MessageFilter(batch=_uuid(batch))
    await _Page(await names(), client, status, bool(unacknowledged), start).draw()


class _Page:
    """The conditions, and the list below them."""

    def __init__(
        self,
        known: Names,
        client: str,
        status: str,
        unacknowledged: bool,
        start: MessageFilter,
    ) -> None:
        self._names = known
        self._unacknowledged = unacknowledged
        self._client, self._status = client, status
        self._batch = start.batch
        self._wanted = start

    async def draw(self) -> None:
        with actions():
            button(t("work.export"), acting()(self._export), icon="download")
        with card():
            self._search = draw_search(
                self._names,
                client=self._client,
                status=self._status,
                unacknowledged=self._unacknowledged,
            )
            find = acting()(self._find)
            for text in self._search.texts:
                text.on("keydown.enter", find)
            with ui.element("div").classes("hmc-buttons"):
                button(t("work.clear"), _clear, kind="quiet")
                button(t("work.search"), find, icon="search", kind="primary")
        with ui.element("div").props("role=status"):
            self._trail = note("")
        self._trail.set_visibility(False)
        self._wanted = self._asked()
        self._listing = Listing(
            columns=(
                Column("created", "work.created"),
                Column("type", "work.type", link="address"),
                Column("recipient", "message.recipient"),
                Column("status", "work.status", tone="tone"),
                Column("channel", "messages.through"),
                Column("client", "work.client"),
                Column("reference", "work.reference", mono=True),
                Column("id", "work.id", mono=True),
            ),
            load=self._load,
            empty="messages.empty",
            key="id",
            label="messages.title",
        )
        await self._listing.draw()

    def _asked(self) -> MessageFilter:
        """Return what is asked for, of the batch that the page was opened for."""
        return evolve(self._search.wanted(), batch=self._batch)

    async def _find(self, actor: Actor) -> None:
        """Search; an id leads to its message."""
        message_id = self._search.message_id()
        if message_id is not None:
            ui.navigate.to(f"/messages/{message_id}")
            return
        self._wanted = self._asked()
        self._trail.set_visibility(self._wanted.recipient is not None)
        if self._wanted.recipient is not None:
            trail = await note_search(context(), self._wanted, actor)
            self._trail.text = trail_in_words(trail)
        await self._listing.reload()

    async def _load(self, cursor: str | None) -> tuple[Rows, str | None]:
        found = await list_addressed(context(), self._wanted, cursor)
        return [addressed_row(one, self._names) for one in found.items], found.next

    async def _export(self, actor: Actor) -> None:
        self._wanted = self._asked()
        taken = await export_messages(context(), self._wanted, actor)
        text = csv_safe.document(_HEADS, map(_cells, taken.items))
        ui.download.content(text.encode(), "messages.csv", "text/csv")
        key = "work.exported_part" if taken.more else "work.exported"
        notify(t(key, count=len(taken.items)))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _clear() -> None:
    ui.navigate.to("/messages")


_HEADS = (
    "id",
    "client",
    "type",
    "priority",
    "reference",
    "status",
    "created_at",
    "updated_at",
    "run",
    "deliveries",
)


def _cells(doc: MessageStatus) -> list[object]:
    deliveries = " ".join(
        f"{d.channel}:{d.outcome}" + (f"({d.reason})" if d.reason else "")
        for d in doc.deliveries
    )
    return [
        doc.id,
        doc.client,
        doc.type,
        doc.priority,
        doc.reference,
        doc.status,
        doc.created_at.isoformat(),
        doc.updated_at.isoformat(),
        doc.run,
        deliveries,
    ]
