"""One patient of the index: masked, in clear after a step; messages, opt-outs."""

from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.people.contracts import Patient
from centre.people.masking import MAY_LOOK
from centre.people.patients import patient, reveal_patient
from console.kit.acting import acting
from console.kit.context import context
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.shell import actions, heading
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import button, card, confirm, facts, when
from console.people.consents import Consents
from console.people.opt_outs import OptOuts
from console.people.patient_form import ask_patient
from console.people.person_messages import PersonMessages
from console.people.reachability import Standings
from core.errors import NotFound
from core.words import Role


@page("/patients/{person_id}", title="patients.one", headed=False)
async def patient_page(person_id: str) -> None:
    """Draw one patient."""
    try:
        key = UUID(person_id)
    except ValueError:
        raise NotFound("There is no such patient.") from None
    await _Page(key, await names()).draw()


class _Page:
    """A patient's page."""

    def __init__(self, person_id: UUID, known: Names) -> None:
        self._id = person_id
        self._names = known

    async def draw(self) -> None:
        shown = await patient(context(), self._id)
        visitor = await present_visitor()
        role = visitor.role if visitor else None
        heading(t("patients.one"), shown.name)
        with actions():
            if role in MAY_LOOK:
                look = acting(*MAY_LOOK)(self._reveal)
                button(t("message.reveal"), look, icon="visibility")
            if role is Role.ADMIN:
                edit = acting(Role.ADMIN)(self._edit)
                button(t("patients.edit"), edit, icon="edit", kind="primary")
        with card(t("patients.numbers")):
            self._room = ui.element("div")
        self._show(shown)
        if visitor is not None:
            with card(t("patients.messages")):
                await PersonMessages(self._id, self._names).draw(visitor.actor)
        with card(t("standings.title")):
            may_clear = role in OPERATORS
            await Standings(self._id, self._names, may_clear=may_clear).draw()
        with card(t("consents.title")):
            await Consents(self._id, may_change=role in OPERATORS).draw()
        with card(t("optouts.title")):
            opt_outs = OptOuts(self._id, self._names, may_change=role is Role.ADMIN)
            await opt_outs.draw()

    def _show(self, shown: Patient) -> None:
        self._room.clear()
        pairs = [(t("patients.name"), shown.name)]
        pairs += [(self._names.identity(k), v) for k, v in shown.identities.items()]
        pairs.append((t("patients.updated"), when(shown.updated_at)))
        with self._room:
            facts(pairs)

    async def _reveal(self, actor: Actor) -> None:
        if await self._may_show("message.reveal", "message.reveal_ask"):
            self._show(await reveal_patient(context(), self._id, actor))

    async def _edit(self, actor: Actor) -> None:
        if not await self._may_show("patients.edit", "patients.edit_ask"):
            return
        whole = await reveal_patient(context(), self._id, actor)
        if await ask_patient(self._names, whole) is not None:
            ui.navigate.reload()

    async def _may_show(self, title: str, text: str) -> bool:
        yes = t("message.reveal_yes")
        return await confirm(t(title), t(text), yes=yes, danger=False)
