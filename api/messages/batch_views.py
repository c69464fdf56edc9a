"""What the API shows of batches."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from centre.batches.control import BatchView
from centre.batches.rules import Rate
from centre.flows.batches import Batch, BatchState
from core.base import Model
from core.repeats import Repeat
from db.pages import Page


class BatchAccepted(Model):
    """The answer to a batch that was accepted.

    `duplicates`: the first hundred recipients whom an earlier one names already, of
    `duplicate_count`; each receives a message too, unless `once_each` was asked for.
    """

    id: UUID
    count: int = Field(examples=[10_000])
    duplicate_count: int = Field(examples=[1])
    duplicates: tuple[Repeat, ...]


class BatchLine(Model):
    """One batch of a list. `started`: so many messages were handed to their queue."""

    id: UUID
    client: str
    type: str
    count: int
    started: int
    state: BatchState
    rate_per_second: float
    created_at: datetime
    created_by: str
    send_at: datetime | None
    expires_at: datetime | None


class BatchDocument(BatchLine):
    """How a batch stands: how many of its messages are in which status.

    `waiting`: not begun yet.
    """

    counts: dict[str, int] = Field(
        examples=[{"waiting": 9000, "delivering": 40, "delivered": 960}]
    )


class BatchPage(Model):
    """Batches, newest first; `next` is the cursor of the page after."""

    items: list[BatchLine]
    next: str | None


class RateBody(Model):
    """How many messages of a batch begin in a second."""

    rate_per_second: Rate


def batch_page(found: Page[Batch]) -> BatchPage:
    """Return what a list shows of batches."""
    items = [BatchLine.model_validate(_fields(batch)) for batch in found.items]
    return BatchPage(items=items, next=found.next)


def batch_document(seen: BatchView) -> BatchDocument:
    """Return all that is known of a batch."""
    return BatchDocument.model_validate(_fields(seen.batch) | {"counts": seen.counts})


def _fields(batch: Batch) -> dict[str, object]:
    known = {name: getattr(batch, name, None) for name in BatchLine.model_fields}
    steering = batch.steering
    rate = steering.rate_per_second
    return known | {"state": steering.state, "rate_per_second": rate}
