"""Which roles use cases are for: those of people, and of what else acts."""

from centre.audit.audit import Actor
from core.words import Role

OPERATORS = (Role.OPERATOR, Role.ADMIN)
ADMINS = (Role.ADMIN,)
AUDITORS = (Role.AUDITOR, Role.ADMIN)
# A client system, and a workstation's screen: with `Actor.must_be` beside people.
CLIENT, WORKSTATION = "client", "workstation"


def own_client(actor: Actor) -> str | None:
    """Return the client whose things alone this actor may know of; None: all."""
    return actor.who if actor.role == CLIENT else None
