"""Orders about a message under way or failed: cancel it, send it again."""

from uuid import UUID

from pydantic import Field

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import CLIENT, OPERATORS, own_client
from centre.context import Context
from centre.messages.lookup import Lookup, kept_message, look_up, stored_message
from centre.workstations import removal_queries as removals
from core.base import Model
from core.clock import utc_now
from core.errors import Conflict, FieldError, Invalid
from core.models import Cancel, MessageStatus, Resend
from core.text.plain_text import MaybePlainText, PlainLine
from core.words import Channel, Status

_OVER = frozenset({Status.DELIVERED, Status.CANCELLED, Status.EXPIRED})


class CancelOrder(Model):
    """Why a message is cancelled; it stands in the audit log."""

    reason: MaybePlainText = Field(default=None, min_length=1, max_length=200)


class ResendOrder(Model):
    """Why a failed message goes out again, and on which channels (all of its plan)."""

    reason: PlainLine = Field(
        min_length=1, max_length=200, examples=["SMS gateway was down 10:00-10:20"]
    )
    channels: tuple[Channel, ...] | None = Field(
        default=None, min_length=1, max_length=16
    )


async def cancel(
    context: Context, message_id: UUID, order: CancelOrder, actor: Actor
) -> Lookup:
    """Stop a message; Conflict, with its state's name, where it is over."""
    actor.must_be(*OPERATORS, CLIENT)
    found = await look_up(context, message_id, own_client(actor))
    if not may_cancel(found.doc):
        raise _already(found.doc)
    await _audit(context, actor, "cancel", found.doc, {"reason": order.reason})
    try:
        await context.flows.cancel(message_id, Cancel(by=actor.who))
    except Conflict:
        raise _already((await look_up(context, message_id)).doc) from None
    if found.source == "store":  # nobody answers: do not wait for that again
        return found
    return await look_up(context, message_id)


def may_cancel(doc: MessageStatus) -> bool:
    """Tell whether there is still something to stop."""
    return doc.status not in _OVER and (doc.status is not Status.FAILED or _open(doc))


async def resend(
    context: Context, message_id: UUID, order: ResendOrder, actor: Actor
) -> Lookup:
    """Send a failed message again, within its window or after it.

    Conflict in any other state; Invalid names the channels that its plan lacks.
    """
    actor.must_be(*OPERATORS)
    found = await look_up(context, message_id)
    await resend_one(context, found.doc, order, actor)
    return await look_up(context, message_id)


async def resendable_channels(
    context: Context, message_id: UUID
) -> tuple[Channel, ...]:
    """Return the channels that a resend may choose from.

    As it was accepted: an earlier resend on some channels narrows none.
    """
    message = await stored_message(context, message_id)
    known = message or (await look_up(context, message_id)).doc
    return known.plan.channels


async def resend_one(
    context: Context,
    doc: MessageStatus,
    order: ResendOrder,
    actor: Actor,
    *,
    automatic: bool = False,
) -> None:
    """Send one of several failed messages again.

    `automatic`: the centre itself does it, within the window and `expires_at`.
    """
    if doc.status is not Status.FAILED:
        raise Conflict(f"This message is {doc.status}, not failed.")
    await _check_not_taken_back(context, doc)
    await _check_channels(context, doc, order)
    signal = Resend(
        reason=order.reason,
        by=actor.who,
        channels=order.channels,
        run=doc.run,
        automatic=automatic,
    )
    asked = order.model_dump(mode="json", exclude_none=True)
    await _audit(context, actor, "resend", doc, asked)
    if _open(doc):
        try:
            await context.flows.resend(doc.id, signal)
            return
        except Conflict:  # its window closed a moment ago
            if automatic:
                raise
    await _restart(context, doc, signal)


async def _check_not_taken_back(context: Context, doc: MessageStatus) -> None:
    async with context.store.sessions() as session:
        if doc.recall is not None or await removals.removed(session, doc.id):
            raise Conflict("This message was taken back.")


async def _restart(context: Context, doc: MessageStatus, signal: Resend) -> None:
    message = await kept_message(context, doc.id)
    await context.flows.restart(message, doc.run, signal)


def _open(doc: MessageStatus) -> bool:
    """Tell whether a failed message's workflow still waits for a resend."""
    until = doc.resendable_until
    return until is not None and until > utc_now()


def _already(doc: MessageStatus) -> Conflict:
    return Conflict(f"This message is already {doc.status}.")


async def _check_channels(
    context: Context, doc: MessageStatus, order: ResendOrder
) -> None:
    """Refuse channels that the message never had; an earlier resend narrows none."""
    if order.channels is None:
        return
    message = await stored_message(context, doc.id)
    known = (message or doc).plan.channels
    field_errors = [
        FieldError(f"/channels/{index}", "The message's plan lacks this channel.")
        for index, channel in enumerate(order.channels)
        if channel not in known
    ]
    if field_errors:
        raise Invalid("The resend was refused; see `errors`.", field_errors)


async def _audit(
    context: Context,
    actor: Actor,
    action: str,
    doc: MessageStatus,
    asked: dict[str, object],
) -> None:
    """Write what is ordered, before it is done: nothing goes unrecorded."""
    if actor.role == CLIENT:  # a client system cancels its own
        return
    before = {"status": doc.status.value, "run": doc.run}
    async with context.store.sessions.begin() as session:
        target = f"messages/{doc.id}"
        await audit.write(session, actor, action, target, before, asked)
