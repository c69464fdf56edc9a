"""One call to a provider, as it is written down."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.base import Model
from core.words import Channel, Outcome, Reason

AttemptState = Literal["sending", "accepted", "failed", "unknown"]
IN_DOUBT = ("sending", "unknown")


class Attempt(Model):
    """One call to a provider; `sending` still after a crash means unknown.

    `account` is the code of the account that was used; the receipt's fields are
    what the provider reported of it later.
    """

    id: UUID
    delivery_id: UUID
    message_id: UUID
    channel: Channel
    provider: str
    account: str | None = None
    number: int
    state: AttemptState
    code: str | None = None
    reason: Reason | None = None
    provider_message_id: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    receipt_outcome: Outcome | None = None
    receipt_code: str | None = None
    receipt_at: datetime | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the provider may have taken it."""
        return self.state in IN_DOUBT


def in_doubt(made: Sequence[Attempt]) -> Attempt | None:
    """Return the last call of a delivery that its provider may have taken, if any.

    One that never left, made after it, says nothing of it.
    """
    return next((attempt for attempt in reversed(made) if attempt.in_doubt), None)
