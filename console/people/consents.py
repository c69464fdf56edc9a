"""What a patient still allows in the mini program: shown, and set by hand."""

from uuid import UUID

from nicegui import ui

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.reachability.contracts import Consent, ConsentChange
from centre.reachability.service import (
    consents_of_patient,
    set_patient_consent,
)
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import notify
from console.kit.forms import Form
from console.kit.shell import Text
from console.kit.table import Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import (
    button,
    choices,
    dialog,
    when,
)


class Consents:
    """The list of a patient's consents, with the form that sets one."""

    def __init__(self, person_id: UUID, *, may_change: bool) -> None:
        self._id = person_id
        self._may_change = may_change

    async def draw(self) -> None:
        """Draw the list."""
        columns = (
            Column("template", "consents.template", mono=True),
            Column("left", "consents.left"),
            Column("at", "consents.at"),
        )
        self._listing = Listing(
            columns=columns,
            load=self._load,
            empty="consents.none",
            key="template",
            label="consents.title",
        )
        await self._listing.draw()
        if self._may_change:
            ask = acting(*OPERATORS)(self._ask)
            with ui.element("div"):
                button(t("consents.set"), ask, icon="edit")

    async def _load(self, _: str | None) -> tuple[Rows, str | None]:
        found = await consents_of_patient(context(), self._id)
        return [_row(one) for one in found], None

    async def _ask(self, _: Actor) -> None:
        form = Form()
        with dialog(t("consents.set")) as box:
            Text("p", t("consents.set_ask"))
            hint = t("consents.template_hint")
            form.text("template", "consents.template", hint=hint, maxlength=128)
            form.number("quota", "consents.left", 1)
            form.switch("unlimited", "consents.unlimited")

            @acting(*OPERATORS)
            async def save(actor: Actor) -> None:
                with form.checked():
                    change = ConsentChange(
                        template=form.value("template"),
                        quota=int(form.value("quota") or 0),
                        unlimited=form.value("unlimited"),
                    )
                    await set_patient_consent(context(), self._id, change, actor)
                box.submit(True)

            choices(box, t("frame.save"), save)
        if await box:
            notify(t("consents.was_set"))
            await self._listing.reload()
        box.delete()


def _row(one: Consent) -> Row:
    return {
        "template": one.template,
        "left": t("consents.unlimited") if one.unlimited else str(one.quota),
        "at": when(one.updated_at),
    }
