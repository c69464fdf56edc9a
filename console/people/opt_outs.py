"""A patient's opt-outs: listed, added, taken back."""

from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.people.contracts import Preference
from centre.people.opt_outs import (
    opt_outs_of_patient,
    opt_patient_in,
    opt_patient_out,
)
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import (
    answer_of,
    button,
    choices,
    confirm,
    dialog,
    note,
    when,
)
from core.clock import utc_now
from core.words import Channel, IdentityType, TypeClass

# No code of a message type looks so.
_CLASS = "class:"


class OptOuts:
    """The list of one patient's opt-outs."""

    def __init__(self, person_id: UUID, known: Names, *, may_change: bool) -> None:
        self._id = person_id
        self._names = known
        self._may_change = may_change
        self._kinds: list[IdentityType] = []
        self._known: dict[str, Preference] = {}

    async def draw(self) -> None:
        """Draw the list, with a button for another."""
        columns = (
            Column("identity", "optouts.identity"),
            Column("channel", "work.channel"),
            Column("type", "work.type"),
            Column("since", "optouts.since"),
            Column("source", "optouts.source"),
        )
        remove = Action("delete", "optouts.remove", self._remove)
        self._listing = Listing(
            columns=columns,
            load=self._load,
            empty="optouts.none",
            key="key",
            label="optouts.title",
            actions=(remove,) if self._may_change else (),
        )
        await self._listing.draw()
        if self._may_change:
            with ui.element("div"):
                add = acting(*ADMINS)(self._add)
                button(t("optouts.add"), add, icon="notifications_off")

    async def _load(self, _: str | None) -> tuple[Rows, str | None]:
        found = await opt_outs_of_patient(context(), self._id)
        self._kinds = list(found)
        every = [one for several in found.values() for one in several]
        self._known = {_key(one): one for one in every}
        return [self._row(one) for one in every], None

    def _row(self, one: Preference) -> Row:
        everything = t("work.all")
        return {
            "key": _key(one),
            "identity": self._names.identity(one.identity_type),
            "channel": self._names.channel(one.channel) if one.channel else everything,
            "type": self._what(one) or everything,
            "since": when(one.since),
            "source": t(f"optouts.by_{one.source or 'hand'}"),
        }

    def _what(self, one: Preference) -> str:
        if one.type_class is not None:
            return t("when.all_of", name=t(f"class.{one.type_class}"))
        return self._names.type(one.message_type) if one.message_type else ""

    async def _remove(self, row: Row) -> None:
        title, text = t("optouts.remove"), t("optouts.remove_ask")
        if not await confirm(title, text, yes=title):
            return

        @acting(*ADMINS)
        async def work(actor: Actor) -> None:
            await opt_patient_in(context(), self._id, self._known[row["key"]], actor)
            notify(t("optouts.removed"))
            await self._listing.reload()

        await work()

    async def _add(self, _: Actor) -> None:
        form = Form()
        everything = {"": t("work.all")}
        kinds = {str(kind): self._names.identity(kind) for kind in self._kinds}
        channels = {str(c): self._names.channel(c) for c in Channel}
        with dialog(t("optouts.add")) as box:
            note(t("optouts.ask"))
            form.choice("identity", "optouts.identity", kinds, next(iter(kinds), None))
            form.choice("channel", "work.channel", everything | channels, "")
            kinds = everything | _classes() | dict(self._names.types)
            form.choice("type", "work.type", kinds, "")

            @acting(*ADMINS)
            async def save(actor: Actor) -> None:
                await opt_patient_out(context(), self._id, _wanted(form), actor)
                box.submit(True)

            choices(box, t("frame.save"), save)
        saved = await answer_of(box)
        if saved:
            await self._listing.reload()


def _classes() -> dict[str, str]:
    """Return the classes of message types, as one chooses them among the types."""
    return {_CLASS + c.value: t("when.all_of", name=t(f"class.{c}")) for c in TypeClass}


def _wanted(form: Form) -> Preference:
    channel, kind = form.value("channel"), form.value("type")
    type_class = kind.removeprefix(_CLASS) if kind.startswith(_CLASS) else None
    return Preference(
        identity_type=IdentityType(form.value("identity")),
        channel=Channel(channel) if channel else None,
        message_type=None if type_class else kind or None,
        type_class=TypeClass(type_class) if type_class else None,
        since=utc_now(),
    )


def _key(one: Preference) -> str:
    what = one.message_type or one.type_class or ""
    return f"{one.identity_type}/{one.channel or ''}/{what}"
