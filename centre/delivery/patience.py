"""What follows from a refusal: how long to wait, what a workflow is told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from centre.delivery.contracts import DeliveryResult, DeliveryTask
from centre.delivery.hold import later
from centre.delivery.models import Attempt, in_doubt
from core.errors import DeliveryError, RateLimited
from core.words import Outcome, Priority, Reason

# What finds no room again and again is looked at this often at least.
_LONGEST_HOLD = timedelta(minutes=5)
_LONGEST_HOLD_CRITICAL = timedelta(seconds=5)
_Error = TypeVar("_Error", bound=DeliveryError)


def with_pause(error: _Error, account: str | None, number: int) -> _Error:
    """Return the error with what a workflow shows of it."""
    error.account, error.attempts = account, number
    return error


def within_patience(task: DeliveryTask, error: DeliveryError) -> DeliveryError:
    """Return the error, for good where its "later" is too late."""
    if error.retry_after is not None and error.retry_after > task.patience:
        error.retryable = False
    return error


def held_back(
    task: DeliveryTask, no_room: RateLimited, earlier: Sequence[Attempt]
) -> DeliveryResult:
    """Return from when on there may be room in our own limit.

    Whoever is held again comes back later, as there is room for few. Raises the
    error where that is later than the next channel can wait, and where a call is to
    be repeated: a repeat stays one.
    """
    error = within_patience(task, no_room)
    if not error.retryable or error.retry_after is None or in_doubt(earlier):
        raise error from None
    critical = task.priority is Priority.CRITICAL
    longest = _LONGEST_HOLD_CRITICAL if critical else _LONGEST_HOLD
    wait = min(error.retry_after * 2 ** min(task.held, 10), longest)
    return DeliveryResult(
        outcome=Outcome.PENDING,
        reason=Reason.RATE_LIMITED,
        not_before=later(task.at) + wait,
    )
