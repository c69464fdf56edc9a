"""A message is taken back: stopped where it waits, withdrawn where it can be."""

from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from pydantic import Field

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import CLIENT, OPERATORS, own_client
from centre.context import Context
from centre.messages.lookup import Lookup, look_up
from centre.workstations import removal_queries as removals
from core.base import Model, evolve
from core.clock import utc_now
from core.errors import Conflict
from core.models import Cancel, MessageStatus, Recall, RecallOrder
from core.text.plain_text import PlainLine
from core.words import Status

_NEVER_OUT = frozenset({Status.CANCELLED, Status.EXPIRED})


class RecallRequest(Model):
    """Why a message is taken back; it stands in clear with it and in the audit log."""

    reason: PlainLine = Field(
        min_length=1, max_length=200, examples=["sample mixed up"]
    )


def may_recall(doc: MessageStatus) -> bool:
    """Tell whether there may still be something to take back."""
    out = any(delivery.attempts for delivery in doc.deliveries)
    return doc.recall is None and (doc.status not in _NEVER_OUT or out)


async def recall(
    context: Context, message_id: UUID, order: RecallRequest, actor: Actor
) -> Lookup:
    """Take a message back; Conflict where that was done, or nothing is out.

    What the centre itself shows is gone with the order: pop-ups, inbox, page. What
    waits is stopped at once. A workflow of its own takes back what is out,
    and sends the correction to the channels that keep the message.
    """
    actor.must_be(*OPERATORS, CLIENT)
    found = await look_up(context, message_id, own_client(actor))
    doc = found.doc
    if not may_recall(doc):
        known = "recalled" if doc.recall else doc.status
        raise Conflict(f"This message is already {known}.")
    asked = Recall(by=actor.who, reason=order.reason, at=utc_now())
    await _write(context, doc, order, actor)
    with suppress(Conflict):  # it has ended; then only what is out is left
        await context.flows.cancel(doc.id, Cancel(by=actor.who))
    await context.flows.recall(
        RecallOrder(message_id=doc.id, client=doc.client, recall=asked)
    )
    return replace(found, doc=evolve(doc, recall=asked))


async def _write(
    context: Context, doc: MessageStatus, order: RecallRequest, actor: Actor
) -> None:
    before, after = {"status": doc.status.value}, {"reason": order.reason}
    async with context.store.sessions.begin() as session:
        target = f"messages/{doc.id}"
        await audit.write(session, actor, "recall", target, before, after)
        await removals.remove(session, doc.id, "recalled")
