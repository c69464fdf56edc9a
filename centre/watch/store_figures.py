"""What the store alone knows of how the centre stands, for monitoring."""

from collections.abc import Sequence
from dataclasses import dataclass

from centre.context import Context
from centre.messages import away_queries, catch_up_queries
from centre.messages.contracts import AwayFrom
from centre.rate_limits import counter_queries
from centre.watch.alarm_queries import open_alarms
from centre.watch.models import Alarm, Unacknowledged
from centre.watch.overview_queries import unacknowledged
from core.words import Channel


@dataclass(frozen=True)
class StoreFigures:
    """`settling`: how many old messages are settled, None where all are.

    `over_limit` counts critical messages that went out over a limit, by its name.
    """

    unacknowledged: Unacknowledged
    over_limit: dict[tuple[Channel, str], int]
    alarms: tuple[Alarm, ...]
    settling: int | None
    away: Sequence[AwayFrom]


async def store_figures(context: Context) -> StoreFigures:
    """Return what is written now."""
    async with context.store.sessions() as session:
        progress = await catch_up_queries.progress(session)
        return StoreFigures(
            unacknowledged=await unacknowledged(session),
            over_limit=await counter_queries.alarms(session),
            alarms=await open_alarms(session),
            settling=progress.done if progress else None,
            away=await away_queries.waiting(session),
        )
