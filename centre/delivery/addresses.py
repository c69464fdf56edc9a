"""Where each channel reaches a recipient: by what is given, or by the index."""

from collections.abc import Iterable, Mapping

from centre.people.holder_queries import resolve
from core.identities import ADDRESSES
from core.models import Address, Message
from core.words import Channel, IdentityType
from db.session import Session

Identities = Mapping[IdentityType, str]


async def identities_of(session: Session, message: Message) -> Identities:
    """Return all identities known; those given win over the index's."""
    given = message.recipient.identities
    if len(addresses_in(message.plan.channels, given)) == len(message.plan.channels):
        return given
    return await resolve(session, given) | given


async def address_of(
    session: Session, message: Message, channel: Channel
) -> Address | None:
    """Return where one channel reaches a message's recipient now."""
    return address_in(channel, await identities_of(session, message))


def addresses_in(
    channels: Iterable[Channel], identities: Identities
) -> dict[Channel, Address]:
    """Return the address of each channel that has one among the identities."""
    found = {channel: address_in(channel, identities) for channel in channels}
    return {channel: address for channel, address in found.items() if address}


def address_in(channel: Channel, identities: Identities) -> Address | None:
    """Return a channel's address among the identities, the best first."""
    for kind in ADDRESSES[channel]:
        if kind in identities:
            return Address(type=kind, value=identities[kind])
    return None
