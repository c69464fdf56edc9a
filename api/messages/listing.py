"""From a query string to what the store is asked for."""

from api.auth.callers import Caller
from api.messages.views import MessageQuery, check_times
from centre.messages import queries as messages
from centre.messages.queries import MessageFilter
from core.errors import Invalid, Wrong
from core.identities import normalise
from core.models import Address
from core.words import IdentityType
from db.session import Session


async def wanted_messages(
    session: Session, query: MessageQuery, caller: Caller
) -> MessageFilter | None:
    """Return the filter of a list; None where nothing can match."""
    check_times(query.since, query.until)
    client = caller.client.code if caller.client else query.client
    if query.client is not None and query.client != client:
        return None
    wanted = MessageFilter(
        client=client,
        status=query.status,
        type=query.type,
        reference=query.reference,
        since=query.since,
        until=query.until,
        unacknowledged=query.unacknowledged,
        batch=query.batch,
    )
    if query.recipient is None:
        return wanted
    return await _narrowed(session, wanted, query.recipient)


async def _narrowed(
    session: Session, wanted: MessageFilter, recipient: str
) -> MessageFilter | None:
    """Return the filter for one recipient, given as `TYPE:VALUE` or a bare value."""
    kind, colon, value = recipient.partition(":")
    if colon and kind in set(IdentityType):
        address = _address(IdentityType(kind), value)
        return wanted.model_copy(update={"recipient": address})
    for address in _candidates(recipient):
        narrowed = wanted.model_copy(update={"recipient": address})
        if (await messages.list_messages(session, narrowed, None, 1)).items:
            return narrowed
    return None


def _address(kind: IdentityType, value: str) -> Address:
    try:
        return Address(type=kind, value=normalise(kind, value))
    except ValueError as error:
        raise Invalid(
            "recipient is refused.", [Wrong("/recipient", str(error))]
        ) from None


def _candidates(value: str) -> list[Address]:
    """Return every identity that a bare value can be, in the dictionary's order."""
    found = []
    for kind in IdentityType:
        try:
            found.append(Address(type=kind, value=normalise(kind, value)))
        except ValueError:
            continue
    return found
