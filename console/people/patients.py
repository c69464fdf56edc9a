"""The patient index: find somebody by any number, masked; add a patient."""

from nicegui import ui

from centre.audit.audit import Actor
from centre.people.contracts import Patient
from centre.people.patients import find_patients
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.frame import page
from console.kit.names import Names, names
from console.kit.shell import Text, actions
from console.kit.table import Column, Listing, Rows
from console.kit.texts import t
from console.kit.visits import present_visitor
from console.kit.widgets import button, card, when
from console.people.patient_form import ask_patient
from core.identities import mask
from core.words import IdentityType, Role


@page("/patients", title="patients.title", icon="personal_injury")
async def patients() -> None:
    """Draw the search, and whom it found."""
    await _Page(await names()).draw()


class _Page:
    """One number, and who has it."""

    def __init__(self, known: Names) -> None:
        self._names = known
        self._found: tuple[Patient, ...] = ()

    async def draw(self) -> None:
        visitor = await present_visitor()
        if visitor is not None and visitor.role is Role.ADMIN:
            with actions():
                add = acting(Role.ADMIN)(self._add)
                button(t("patients.add"), add, icon="person_add", kind="primary")
        self._draw_search()
        self._start = Text("p", t("patients.start")).classes("hmc-quiet")
        with ui.element("div") as self._room:
            self._listing = self._list()
            await self._listing.draw()
        self._room.set_visibility(False)

    def _draw_search(self) -> None:
        self._form = Form()
        with card():
            Text("p", t("patients.intro")).classes("hmc-quiet")
            with ui.element("div").classes("hmc-terms"):
                kinds = {str(k): self._names.identity(k) for k in IdentityType}
                first = str(IdentityType.EMPI_ID)
                self._form.choice("kind", "patients.kind", kinds, first)
                value = self._form.text("value", "patients.value", autocomplete="off")
            find = acting()(self._find)
            value.on("keydown.enter", find)
            with ui.element("div").classes("hmc-buttons"):
                button(t("work.search"), find, icon="search", kind="primary")

    def _list(self) -> Listing:
        return Listing(
            columns=(
                Column("name", "patients.name", link="address"),
                Column("empi", "patients.empi", mono=True),
                Column("known", "patients.known", wrap=True),
                Column("updated", "patients.updated"),
            ),
            load=self._load,
            empty="patients.empty",
            key="id",
            label="patients.title",
        )

    async def _find(self, _: Actor) -> None:
        kind = IdentityType(self._form.value("kind"))
        with self._form.checked():
            value = self._form.value("value")
            if not value:
                self._form.refuse("value", t("patients.start"))
                return
            self._found = await find_patients(context(), kind, value)
        self._start.set_visibility(False)
        self._room.set_visibility(True)
        await self._listing.reload()

    async def _load(self, _: str | None) -> tuple[Rows, str | None]:
        rows = [
            {
                "id": str(patient.id),
                "address": f"/patients/{patient.id}",
                "name": patient.name,
                "empi": mask(IdentityType.EMPI_ID, patient.empi_id),
                "known": ", ".join(map(self._names.identity, patient.identities)),
                "updated": when(patient.updated_at),
            }
            for patient in self._found
        ]
        return rows, None

    async def _add(self, _: Actor) -> None:
        saved = await ask_patient(self._names)
        if saved is not None:
            ui.navigate.to(f"/patients/{saved.id}")
