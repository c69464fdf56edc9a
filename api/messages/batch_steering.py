"""Looking at one batch and steering it: the same routes for clients and for people."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends

from api.auth.callers import CallerDep, Check
from api.context import ContextDep
from api.http.paging import Nothing
from api.messages.batch_views import BatchDocument, RateBody, batch_document
from centre.batches import control


async def _get(batch_id: UUID, caller: CallerDep, context: ContextDep) -> BatchDocument:
    """Return how a batch stands, its messages counted by status."""
    return batch_document(await control.look(context, batch_id, caller.only))


async def _cancel(
    batch_id: UUID, caller: CallerDep, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Stop a batch: what has not gone out yet stays here."""
    return batch_document(await control.cancel(context, batch_id, caller.actor))


async def _pause(
    batch_id: UUID, caller: CallerDep, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Let what has not begun wait until the batch is resumed."""
    return batch_document(await control.pause(context, batch_id, caller.actor))


async def _resume(
    batch_id: UUID, caller: CallerDep, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Let a paused batch go on."""
    return batch_document(await control.resume(context, batch_id, caller.actor))


async def _set_rate(
    batch_id: UUID, body: RateBody, caller: CallerDep, context: ContextDep
) -> BatchDocument:
    """Set how many messages of a batch begin in a second."""
    rate = body.rate_per_second
    return batch_document(await control.set_rate(context, batch_id, rate, caller.actor))


def add_steering(
    router: APIRouter, batch: str, *, look: Check, steer: Check, accepted: int
) -> None:
    """Add the routes of one batch, which operations call `batch`.

    `look` and `steer` check who calls; an order is answered with `accepted`.
    """
    one = "/{batch_id:uuid}"

    def add(
        method: str,
        path: str,
        name: str,
        endpoint: Callable[..., Any],
        check: Check,
        status: int = 200,
    ) -> None:
        router.add_api_route(
            one + path,
            endpoint,
            methods=[method],
            name=name,
            status_code=status,
            dependencies=[Depends(check)],
        )

    add("GET", "", f"get_{batch}", _get, look)
    add("POST", "/cancel", f"cancel_{batch}", _cancel, steer, accepted)
    add("POST", "/pause", f"pause_{batch}", _pause, steer, accepted)
    add("POST", "/resume", f"resume_{batch}", _resume, steer, accepted)
    add("PUT", "/rate", f"set_{batch}_rate", _set_rate, steer)
