"""The dialog that adds a patient to the index, or changes one."""

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.people import patients
from centre.people.contracts import Patient, PatientDraft
from console.kit.acting import acting
from console.kit.context import context
from console.kit.errors import Refused, notify
from console.kit.forms import Form
from console.kit.names import Names
from console.kit.texts import t
from console.kit.widgets import (
    answer_of,
    choices,
    dialog,
)
from core.words import IdentityType


async def ask_patient(known: Names, patient: Patient | None = None) -> Patient | None:
    """Ask for a patient's data; return who was saved, None where nobody was."""
    form = Form()
    title = t("patients.edit" if patient else "patients.add")
    with dialog(title, wide=True) as box:
        _draw(form, known, patient)

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            with form.checked():
                empi_id = patient.empi_id if patient else form.value("empi_id")
                draft = PatientDraft(
                    name=form.value("name"), identities=_identities(form)
                )
                saved = await patients.put_patient(context(), empi_id, draft, actor)
            box.submit(saved)

        choices(box, t("frame.save"), save)
    answer = await answer_of(box)
    if not isinstance(answer, Patient):
        return None
    notify(t("patients.saved"))
    return answer


def _draw(form: Form, known: Names, patient: Patient | None) -> None:
    if patient is None:
        form.text("empi_id", "patients.empi", autocomplete="off")
    name = patient.name if patient else ""
    form.text("name", "patients.name", name, autocomplete="off")
    others = (patient.identities if patient else {}).items()
    lines = [f"{k}={value}" for k, value in others if k is not IdentityType.EMPI_ID]
    kinds = ", ".join(f"{k} {known.identity(k)}" for k in IdentityType)
    form.area(
        "identities",
        "patients.identities",
        "\n".join(lines),
        hint=t("patients.identities_hint", kinds=kinds),
    )


def _identities(form: Form) -> dict[IdentityType, str]:
    """Return the identities of the field's lines; says which line is none."""
    found: dict[IdentityType, str] = {}
    kinds = set(IdentityType)
    lines = (form.value("identities") or "").splitlines()
    for number, line in enumerate(lines, start=1):
        kind, equals, value = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not equals or kind not in kinds:
            form.refuse("identities", t("patients.bad_line", number=number))
            raise Refused
        found[IdentityType(kind)] = value
    return found
