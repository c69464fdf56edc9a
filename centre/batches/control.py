"""Looking at batches and steering them: pause, go on, stop, faster or slower."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import CLIENT, OPERATORS, own_client
from centre.batches import queries as batches
from centre.batches import writes as batch_writes
from centre.batches.rules import (
    MAX_RATE,
    WAITING,
    counts_in_state,
    first_state,
    is_rate,
)
from centre.context import Context
from centre.flows.batches import Batch, BatchState
from core.clock import utc_now
from core.errors import Conflict, FieldError, Invalid, NotFound
from core.rate_limits import SLOWEST
from core.words import Role, Status
from db.pages import Page
from db.session import Session

_MOVING = (BatchState.SCHEDULED, BatchState.SENDING, BatchState.PAUSED)
_UNDER_WAY = (
    WAITING,
    Status.ACCEPTED.value,
    Status.SCHEDULED.value,
    Status.DELIVERING.value,
)


@dataclass(frozen=True)
class BatchView:
    """A batch, and how many of its messages stand where."""

    batch: Batch
    counts: Mapping[str, int]


async def look(
    context: Context, batch_id: UUID, client: str | None = None
) -> BatchView:
    """Return how a batch stands; NotFound where it is not this client's.

    No client stands for everybody's batches, as people see them.
    """
    async with context.store.sessions() as session:
        return await _look(session, batch_id, client)


async def list_batches(
    context: Context,
    client: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Batch]:
    """Return batches, the newest first: one client's, or everybody's."""
    async with context.store.sessions() as session:
        return await batches.list_batches(session, client, cursor, limit)


def batch_id_of(text: str) -> UUID:
    """Return the id that stands in an address; NotFound for anything else."""
    try:
        return UUID(text)
    except ValueError:
        raise _no_such_batch() from None


def _no_such_batch() -> NotFound:
    return NotFound("There is no such batch.")


async def cancel(context: Context, batch_id: UUID, actor: Actor) -> BatchView:
    """Stop a batch: what has not gone out stays here; Conflict where all has."""
    changes = {"state": BatchState.CANCELLED}
    return await _steer(context, batch_id, actor, "cancel", changes)


async def pause(context: Context, batch_id: UUID, actor: Actor) -> BatchView:
    """Let what has not begun wait until the batch is resumed."""
    changes = {"state": BatchState.PAUSED}
    return await _steer(context, batch_id, actor, "pause", changes)


async def resume(context: Context, batch_id: UUID, actor: Actor) -> BatchView:
    """Let a paused batch go on."""
    seen = await look(context, batch_id, own_client(actor))
    state = first_state(seen.batch.send_at, utc_now())
    return await _steer(context, batch_id, actor, "resume", {"state": state})


async def set_rate(
    context: Context, batch_id: UUID, per_second: float, actor: Actor
) -> BatchView:
    """Let so many messages of a batch begin in a second from now on."""
    if not is_rate(per_second):
        text = f"Must be from {SLOWEST:g} to {MAX_RATE:g}."
        raise Invalid("The rate was refused.", [FieldError("/rate_per_second", text)])
    changes = {"rate_per_second": per_second}
    return await _steer(context, batch_id, actor, "limit", changes)


async def _steer(
    context: Context,
    batch_id: UUID,
    actor: Actor,
    action: str,
    changes: Mapping[str, BatchState | float],
) -> BatchView:
    """Write the order down, which the batch's next page obeys, and tell the batch.

    The same order again does no harm: Temporal may have been away.
    """
    actor.must_be(*OPERATORS, CLIENT)
    client = own_client(actor)
    async with context.store.sessions.begin() as session:
        before = await _look(session, batch_id, client)
        among = _allowed(before, action)
        if not await batch_writes.steer(session, batch_id, among, **changes):
            raise Conflict(f"This batch is already {before.batch.steering.state}.")
        if action == "cancel":
            await batch_writes.forget_people(session, batch_id)
        await _audit(session, actor, action, before.batch, changes)
        after = await _look(session, batch_id, client)
    await context.flows.steer_batch(batch_id, after.batch.steering)
    return after


def may_cancel(seen: BatchView) -> bool:
    """Tell whether there is still something to stop."""
    over = seen.batch.steering.state in (BatchState.CANCELLED, BatchState.EXPIRED)
    return not over and any(seen.counts[name] for name in _UNDER_WAY)


def _allowed(seen: BatchView, action: str) -> Collection[BatchState]:
    """Return the states in which an order means something."""
    if action == "cancel" and may_cancel(seen):
        return (*_MOVING, BatchState.SENT)
    return _MOVING


async def _look(session: Session, batch_id: UUID, client: str | None) -> BatchView:
    batch = await batches.find(session, batch_id)
    hidden = batch is None or batch.steering.state is BatchState.PREPARING
    if batch is None or hidden or client not in (None, batch.client):
        raise _no_such_batch()
    counts = await batches.counts_of(session, batch_id)
    return BatchView(batch, counts_in_state(batch, counts))


async def _audit(
    session: Session,
    actor: Actor,
    action: str,
    batch: Batch,
    changes: Mapping[str, BatchState | float],
) -> None:
    """Write what people order; a client system steers its own."""
    if isinstance(actor.role, Role):
        steering = batch.steering.model_dump(mode="json")
        before = {name: steering[name] for name in changes}
        target = f"batches/{batch.id}"
        await audit.write(session, actor, action, target, before, dict(changes))
