"""What a batch's workflow gives to its activities and gets back."""

from datetime import datetime
from uuid import UUID

from centre.flows.batches import Steering
from core.base import Model


class BatchBegun(Model):
    """When a batch is due, and how it is driven."""

    send_at: datetime | None
    steering: Steering


class BatchPage(Model):
    """Some recipients of a batch, by their positions."""

    batch_id: UUID
    first: int
    size: int

    @property
    def end(self) -> int:
        """The first position that is not of the page."""
        return self.first + self.size


class BatchPageDone(Model):
    """Where the next page begins, and how the batch is driven now."""

    next: int
    steering: Steering
