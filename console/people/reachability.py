"""What providers said of a patient's addresses: in words, with a way to clear it."""

from uuid import UUID

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.reachability.contracts import StandingView
from centre.reachability.service import (
    clear_patient_standing,
    standings_of_patient,
)
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.names import Names
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import confirm, when
from console.kit.words import code_in_words, why
from core.words import Channel, IdentityType


class Standings:
    """The list of how one patient's addresses stand with the channels."""

    def __init__(self, person_id: UUID, known: Names, *, may_clear: bool) -> None:
        self._id = person_id
        self._names = known
        self._may_clear = may_clear

    async def draw(self) -> None:
        """Draw the list."""
        columns = (
            Column("channel", "work.channel"),
            Column("state", "standings.state", tone="tone"),
            Column("why", "standings.why", wrap=True),
            Column("since", "optouts.since"),
            Column("until", "standings.until"),
        )
        clear = Action("restart_alt", "standings.clear", self._clear)
        self._listing = Listing(
            columns=columns,
            load=self._load,
            empty="standings.none",
            key="key",
            label="standings.title",
            actions=(clear,) if self._may_clear else (),
        )
        await self._listing.draw()

    async def _load(self, _: str | None) -> tuple[Rows, str | None]:
        found = await standings_of_patient(context(), self._id)
        return [self._row(one) for one in found], None

    def _row(self, one: StandingView) -> Row:
        kept_back = one.reason is not None
        said = code_in_words(str(one.channel), one.code or None)
        kind = self._names.type(one.message_type) if one.message_type else ""
        parts = (why(one.reason), said, kind, t("standings.times", count=one.count))
        return {
            "key": f"{one.identity_type}/{one.channel}/{one.message_type or ''}",
            "identity_type": str(one.identity_type),
            "channel_code": str(one.channel),
            "channel": self._names.channel(one.channel),
            "state": t(f"standing.{one.state}"),
            "tone": "bad" if kept_back else "",
            "why": "; ".join(part for part in parts if part),
            "since": when(one.since),
            "until": when(one.until) if kept_back and one.until else "",
        }

    async def _clear(self, row: Row) -> None:
        title, text = t("standings.clear"), t("standings.clear_ask")
        if not await confirm(title, text, yes=title, danger=False):
            return

        @acting(*OPERATORS)
        async def work(actor: Actor) -> None:
            kind, channel = row["identity_type"], Channel(row["channel_code"])
            await clear_patient_standing(
                context(), self._id, IdentityType(kind), channel, actor
            )
            notify(t("standings.cleared"))
            await self._listing.reload()

        await work()
