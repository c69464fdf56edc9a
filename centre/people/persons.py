"""Who enters people into the index, and that the log says so."""

from collections.abc import Sequence

from centre.audit import audit
from centre.audit.audit import Actor
from centre.people import person_queries
from centre.people.contracts import Kind, Person, PersonDraft, all_identities
from db.session import Session
from db.sql import lock


async def put_person(
    session: Session, kind: Kind, key: str, draft: PersonDraft, actor: Actor
) -> Person:
    """Create a person or replace what is known of it, in this transaction."""
    identities = all_identities(kind, key, draft)
    await lock(session, "people")
    person, new = await person_queries.put(session, kind, draft.name, identities)
    # The log says which kinds of identities are known, never a value.
    after = {"identity_types": sorted(identities)}
    action, target = "create" if new else "update", f"{kind}s/{person.id}"
    await audit.write(session, actor, action, target, None, after)
    return person


async def add_missing(
    session: Session,
    kind: Kind,
    people: Sequence[tuple[str, PersonDraft]],
    actor: Actor,
) -> int:
    """Create those who are not there yet, in this transaction; return how many."""
    await lock(session, "people")
    count = await person_queries.add_missing(session, kind, people)
    if count:
        await audit.write(session, actor, "import", f"{kind}s", None, {"count": count})
    return count
