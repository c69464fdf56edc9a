"""Which message a phone was last sent by SMS: what its answer speaks of."""

from collections.abc import AsyncIterator
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import String, bindparam, func, union
from sqlalchemy import select as core_select

from centre.delivery.addresses import address_of
from centre.delivery.tables import AttemptRow
from centre.messages import queries as messages
from centre.messages.tables import MessageIdentityRow
from centre.people.tables import PersonIdentityRow
from core.identities import PERSONAL
from core.models import Message
from core.words import Channel, IdentityType
from db.session import Session
from db.sql import keyring_of, table_of

# A family shares a phone: not every text to one of them went there.
_MOST = 50


async def texts_to(session: Session, mobile: str) -> AsyncIterator[Message]:
    """Yield the messages that went out to a number (E.164) by SMS, the newest first."""
    index = keyring_of(session).index(IdentityType.MOBILE, mobile)
    connection = await session.connection()
    found = await connection.execute(_sent(), {"mobile": index})
    for message_id in found.scalars().all():
        message = await _to(session, message_id, mobile)
        if message is not None:
            yield message


async def _to(session: Session, message_id: UUID, mobile: str) -> Message | None:
    stored = await messages.find(session, message_id)
    if stored is None:
        return None
    address = await address_of(session, stored.message, Channel.SMS)
    return stored.message if address and address.value == mobile else None


@cache
def _sent() -> Any:
    """Messages for the number itself, or for somebody who has it, that were sent."""
    found_by, tries = table_of(MessageIdentityRow), table_of(AttemptRow)
    holder = table_of(PersonIdentityRow).alias("holder")
    own = table_of(PersonIdentityRow).alias("own")
    theirs = (
        core_select(own.c.index_hmac)
        .join(holder, holder.c.person_id == own.c.person_id)
        .where(holder.c.index_hmac == bindparam("mobile"), own.c.type.in_(PERSONAL))
    )
    given = core_select(bindparam("mobile", type_=String()))
    indexes = union(given, theirs).subquery()
    at = func.max(tries.c.started_at)
    return (
        core_select(tries.c.message_id)
        .join(found_by, found_by.c.message_id == tries.c.message_id)
        .where(
            found_by.c.index_hmac.in_(core_select(indexes)),
            tries.c.channel == Channel.SMS.value,
            tries.c.state != "failed",
        )
        .group_by(tries.c.message_id)
        .order_by(at.desc())
        .limit(_MOST)
    )
