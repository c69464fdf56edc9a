"""Finding somebody's messages by any of their numbers: who searched is kept."""

from centre.audit import audit
from centre.audit.audit import Actor
from centre.context import Context
from centre.messages import queries as messages
from centre.messages.queries import MessageFilter
from centre.people.owners import Trail


async def note_search(context: Context, wanted: MessageFilter, actor: Actor) -> Trail:
    """Return by what somebody's messages are found; the log keeps who looked for whom.

    It names the kind of number and the entries of the index, never the number.
    """
    kind = wanted.recipient.type.value if wanted.recipient else None
    async with context.store.sessions.begin() as session:
        trail = await messages.trail(session, wanted) or Trail(keys=())
        asked = {"identity_type": kind, "people": list(map(str, trail.people))}
        await audit.write(session, actor, "search", "messages", None, asked)
    return trail
