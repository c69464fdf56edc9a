"""Turns our errors into Temporal failures, in one place."""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from centre.delivery.contracts import Refusal
from core.base import evolve
from core.errors import DeliveryError, MessageCentreError
from core.process.logs import describe
from core.words import Reason


class FailureInterceptor(Interceptor):
    """Lets an error's class decide whether a retry can help."""

    def intercept_activity(
        self, next: ActivityInboundInterceptor
    ) -> ActivityInboundInterceptor:
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except MessageCentreError as error:
            raise _failure(error) from None
        except FailureError:
            raise
        except Exception as error:
            _log_where(error)
            # The text of an unexpected error may hold what it choked on.
            raise ApplicationError(
                "internal error, see the worker's log",
                _refusal(Reason.INTERNAL_ERROR),
                type=type(error).__name__,
            ) from None


def _failure(error: MessageCentreError) -> ApplicationError:
    details = [_of(error)] if isinstance(error, DeliveryError) else []
    return ApplicationError(
        str(error),
        *details,
        type=type(error).__name__,
        non_retryable=not error.retryable,
        next_retry_delay=getattr(error, "retry_after", None),
    )


def _of(error: DeliveryError) -> Refusal:
    refusal = _refusal(error.reason)
    made = error.attempts or refusal.attempts
    return evolve(
        refusal,
        attempts=made,
        account=error.account,
        pause=error.retry_after,
        answered=error.answered,
    )


def _refusal(reason: Reason) -> Refusal:
    return Refusal(reason=reason, attempts=activity.info().attempt)


def _log_where(error: Exception) -> None:
    """Log the kind and the places of an unexpected error, without its text."""
    info = activity.info()
    structlog.get_logger("activity").error(
        "activity.unexpected_error",
        activity=info.activity_type,
        workflow=info.workflow_id,
        attempt=info.attempt,
        **describe(error),
    )
