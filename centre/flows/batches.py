"""A batch as its workflow and its driver know it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.base import Model
from core.repeats import Repeats


class BatchState(StrEnum):
    """Where a batch stands. `preparing`: nobody has been told that it is accepted.

    `sent`: every message was handed to its queue.
    """

    PREPARING = "preparing"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OVER = frozenset({BatchState.SENT, BatchState.CANCELLED, BatchState.EXPIRED})


class Steering(Model):
    """How a batch is driven; of two, the one with the higher revision holds."""

    state: BatchState
    rate_per_second: float
    revision: int = 0


class Batch(Model):
    """One batch as the store knows it; `started` of its messages have begun."""

    id: UUID
    client: str
    type: str
    count: int
    steering: Steering
    created_at: datetime
    created_by: str
    send_at: datetime | None = None
    expires_at: datetime | None = None
    fingerprint: str = ""
    started: int = 0
    repeats: Repeats = Repeats()
