"""What a delivery's end says of the person, kept for the messages to come."""

from centre.delivery.contracts import DeliveryTask
from centre.reachability import queries as standings
from core.clock import utc_now
from core.errors import DeliveryError, RecipientRefused
from db.store import Store


async def note_refusal(store: Store, task: DeliveryTask, error: DeliveryError) -> None:
    """Keep what a refusal says of the address; other errors say nothing of it."""
    if not isinstance(error, RecipientRefused):
        return
    async with store.sessions.begin() as session:
        await standings.note_refusal(
            session,
            task.channel,
            task.address,
            task.type,
            error.code,
            utc_now(),
        )


async def note_reached(store: Store, task: DeliveryTask) -> None:
    """Forget what a provider's yes disproves of what is held against an address."""
    if task.doubted:
        async with store.sessions.begin() as session:
            await standings.note_reached(
                session, task.channel, task.address, arrived=False
            )
