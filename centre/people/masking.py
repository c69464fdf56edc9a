"""Personal data as people see it: masked, and in clear only by a step that is kept."""

from centre.audit import audit
from centre.audit.audit import Actor
from centre.context import Context
from centre.people.contracts import Patient
from core.base import evolve
from core.errors import Forbidden
from core.identities import mask, mask_name
from core.models import Recipient
from core.words import Role

# An auditor reads what was done, not who was ill.
MAY_LOOK = frozenset({Role.ADMIN, Role.OPERATOR})


def masked(patient: Patient) -> Patient:
    """Return a patient as a screen may show it."""
    shown = {kind: mask(kind, value) for kind, value in patient.identities.items()}
    name = mask_name(patient.name)
    return evolve(patient, name=name, identities=shown)


def masked_recipient(recipient: Recipient) -> Recipient:
    """Return a recipient as a screen may show it."""
    shown = {kind: mask(kind, value) for kind, value in recipient.identities.items()}
    name = recipient.name and mask_name(recipient.name)
    return Recipient(identities=shown, name=name)


async def note_look(context: Context, target: str, actor: Actor) -> None:
    """Keep who looked at what in clear; Forbidden where their role may not."""
    if actor.role not in MAY_LOOK:
        raise Forbidden("This role does not see personal data in clear.")
    async with context.store.sessions.begin() as session:
        await audit.write(session, actor, "look", target)
