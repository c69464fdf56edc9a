"""Which roles a use case is for; the centre itself (`system`) may do all."""

from centre.audit.audit import Actor
from core.errors import Forbidden
from core.words import Role

OPERATORS = (Role.OPERATOR, Role.ADMIN)
ADMINS = (Role.ADMIN,)
# Not roles of people, but of what else acts.
SYSTEM, CLIENT, WORKSTATION = "system", "client", "workstation"


def require_role(actor: Actor, *roles: Role | str) -> None:
    """Raise Forbidden unless the actor has one of these roles, or is the centre."""
    if actor.role != SYSTEM and actor.role not in roles:
        people = " or ".join(role for role in roles if isinstance(role, Role))
        raise Forbidden(f"This needs the role {people}.")


def own_client(actor: Actor) -> str | None:
    """Return the client whose things alone this actor may know of; None: all."""
    return actor.who if actor.role == CLIENT else None
