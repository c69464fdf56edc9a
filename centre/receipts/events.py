"""What people did on a channel, as their provider reports it."""

from collections.abc import Sequence

from centre.context import Context
from centre.reachability.service import note_event
from channels.receipts import PersonEvent


async def note_events(context: Context, events: Sequence[PersonEvent]) -> None:
    """Keep what people did, all of it or nothing."""
    if not events:
        return
    async with context.store.sessions.begin() as session:
        for event in events:
            await note_event(session, event)
