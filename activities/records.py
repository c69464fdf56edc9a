"""Record how a message stands, and prepare its deliveries."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.models import Prepared, Snapshot
from core.identities import ADDRESSES
from core.models import Address, Message
from core.words import Channel, IdentityType, Priority, Reason
from store import Store, messages, patients

Identities = dict[IdentityType, str]


@dataclass(frozen=True)
class RecordActivities:
    """The store's projection of a message."""

    store: Store

    @activity.defn
    async def record(self, snapshot: Snapshot) -> None:
        """Write how a message stands."""
        async with self.store.sessions.begin() as session:
            await messages.record(session, snapshot.message, snapshot.status)

    @activity.defn
    async def prepare(self, snapshot: Snapshot) -> Prepared:
        """Write the message down and find out where it shall go."""
        message = snapshot.message
        async with self.store.sessions.begin() as session:
            # Reading first: from its first write on, SQLite lets nobody else write.
            identities = await _identities(session, message)
            refused = await _opted_out(session, message, identities)
            await messages.record(session, message, snapshot.status)
        addresses: dict[Channel, Address] = {}
        withheld: dict[Channel, Reason] = {}
        for channel in message.plan.channels:
            address = _address(channel, identities)
            if address is None:
                withheld[channel] = Reason.NO_ADDRESS
            elif channel in refused:
                withheld[channel] = Reason.OPTED_OUT
            else:
                addresses[channel] = address
        return Prepared(addresses=addresses, withheld=withheld)


async def _identities(session: AsyncSession, message: Message) -> Identities:
    """Return all identities known; those given win over the index's."""
    given = message.recipient.identities
    if all(_address(channel, given) for channel in message.plan.channels):
        return given
    return await patients.resolve(session, given) | given


def _address(channel: Channel, identities: Identities) -> Address | None:
    for kind in ADDRESSES[channel]:
        if kind in identities:
            return Address(type=kind, value=identities[kind])
    return None


async def _opted_out(
    session: AsyncSession, message: Message, identities: Identities
) -> frozenset[Channel]:
    """Return the channels this person does not want; a critical value ignores it."""
    if message.priority is Priority.CRITICAL:
        return frozenset()
    return await patients.opted_out(session, identities, message.type)
