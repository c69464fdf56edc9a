"""Names that may not be taken, as the audit log could not tell who is meant.

It names people, client systems and the centre's own parts side by side. What was
named before this rule keeps its name.
"""

from centre.audit.audit import Actor
from centre.audit.name_queries import is_taken
from core.errors import Conflict, FieldError, Invalid
from core.words import Role
from db.session import Session
from db.sql import lock

ADMIN = "admin"
CENTRE = "centre"
# Who else acts in the log without being a person, and the roles it has for them.
_ACTORS = frozenset({CENTRE, "seeds", "routing", "receipts", "benchmark"})
_ROLES = frozenset({"system", "client", "workstation"})
OF_NOBODY = _ACTORS | _ROLES
OF_NO_CLIENT = OF_NOBODY | {ADMIN} | frozenset(map(str, Role))


async def refuse_code(session: Session, code: str, actor: Actor) -> None:
    """Raise Invalid or Conflict where a client may not have this code.

    The centre makes a client of its own (centre/watch/notify_staff.py).
    """
    if actor == Actor(who=CENTRE):
        return
    if code in OF_NO_CLIENT:
        raise _reserved("/code")
    await lock(session, "names")
    if await is_taken(session, "users", "username", code):
        raise Conflict("There is a user of this name; take another code.")


async def refuse_username(session: Session, username: str) -> None:
    """Raise Invalid or Conflict where a person may not have this name."""
    if username in OF_NOBODY:
        raise _reserved("/username")
    await lock(session, "names")
    if await is_taken(session, "clients", "code", username):
        raise Conflict("There is a client of this code; take another user name.")


async def refuse_workstation(session: Session, id: str) -> None:
    """Raise Invalid or Conflict where a screen may not have this id."""
    if id in OF_NO_CLIENT:
        raise _reserved("/id")
    await lock(session, "names")
    for table_name, key in (("users", "username"), ("clients", "code")):
        if await is_taken(session, table_name, key, id):
            raise Conflict("There is a user or a client of this name; take another id.")


def _reserved(place: str) -> Invalid:
    text = "The centre itself uses this name; take another."
    return Invalid("The name was refused; see `errors`.", [FieldError(place, text)])
