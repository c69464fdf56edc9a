"""The status and outcome machines: both only move forward.

A message: accepted → scheduled → delivering → delivered | failed | cancelled
| expired; `failed` may begin again by a resend, which counts up `run`, or turn
`delivered` by a provider's late receipt.
A delivery: pending → sending → unknown → accepted → failed → delivered → read,
where any step may be left out. Until the provider is called (pending, sending)
it may be skipped instead. "delivered" outranks "failed" because a provider's
positive receipt is the stronger evidence.
"""

from collections.abc import Collection
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from centre.catalog.plan import narrow
from core.base import evolve
from core.models import (
    Acknowledgement,
    Delivery,
    Message,
    MessageStatus,
    Recall,
    Receipt,
    Step,
    Waiting,
    delivery_id,
)
from core.policies import Plan
from core.words import Channel, Outcome, Reason, Status

RANK = MappingProxyType(
    {
        Outcome.PENDING: 0,
        Outcome.SENDING: 1,
        Outcome.UNKNOWN: 2,
        Outcome.ACCEPTED: 3,
        Outcome.FAILED: 4,
        Outcome.DELIVERED: 5,
        Outcome.READ: 6,
    }
)
MAX_STEPS = 100
_Fact = TypeVar("_Fact")
_NEXT: MappingProxyType[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.ACCEPTED: frozenset(Status) - {Status.ACCEPTED},
        Status.SCHEDULED: frozenset(Status) - {Status.ACCEPTED, Status.SCHEDULED},
        Status.DELIVERING: frozenset(
            {Status.DELIVERED, Status.FAILED, Status.CANCELLED, Status.EXPIRED}
        ),
        Status.FAILED: frozenset(
            {Status.DELIVERING, Status.DELIVERED, Status.CANCELLED}
        ),
        Status.DELIVERED: frozenset(),
        Status.CANCELLED: frozenset(),
        Status.EXPIRED: frozenset(),
    }
)


def may_follow(now: Status, then: Status) -> bool:
    """Tell whether a message may go from one status to the other."""
    return then in _NEXT[now]


def outcome_moves(now: Outcome, then: Outcome) -> bool:
    """Tell whether a delivery's outcome may become `then`."""
    if now is Outcome.SKIPPED:
        return False
    if then is Outcome.SKIPPED:
        return now in (Outcome.PENDING, Outcome.SENDING)
    return RANK[then] > RANK[now]


def begin(message: Message) -> MessageStatus:
    """Return the status document of a message nobody has worked on yet."""
    plan = narrow(message.plan, message.only)
    return MessageStatus(
        id=message.id,
        client=message.client,
        type=message.type,
        priority=message.priority,
        reference=message.reference,
        status=Status.ACCEPTED,
        created_at=message.created_at,
        updated_at=message.created_at,
        send_at=message.send_at,
        expires_at=message.expires_at,
        plan=plan,
        deliveries=pending(plan),
        acknowledge=message.acknowledge,
        batch=message.batch,
        run=message.run,
    )


def pending(plan: Plan) -> tuple[Delivery, ...]:
    """Return the untouched deliveries of a plan."""
    return tuple(
        Delivery(
            channel=channel,
            weight=plan.weights.get(channel, 0.0),
            stage=plan.stage_of(channel),
        )
        for channel in plan.channels
    )


def with_status(doc: MessageStatus, then: Status, at: datetime) -> MessageStatus:
    """Return the document with the status moved, or unchanged if it may not."""
    if not may_follow(doc.status, then):
        return doc
    return evolve(doc, status=then, updated_at=_later(doc, at))


def _later(doc: MessageStatus, at: datetime) -> datetime:
    """Return when the document changed; never back, though clocks differ."""
    return max(doc.updated_at, at)


def with_outcome(
    doc: MessageStatus,
    channel: Channel,
    outcome: Outcome,
    at: datetime,
    reason: Reason | None = None,
    *,
    attempts: int | None = None,
    provider: str | None = None,
    provider_message_id: str | None = None,
) -> MessageStatus:
    """Return the document with one delivery moved forward.

    Attempts, provider and its number, where told, are kept even where the outcome
    already stands further along, as when a receipt overtakes the call.
    """
    now = doc.delivery(channel)
    changed = evolve(
        now,
        attempts=_told(attempts, now.attempts),
        provider=_told(provider, now.provider),
        provider_message_id=_told(provider_message_id, now.provider_message_id),
    )
    if outcome_moves(now.outcome, outcome):
        changed = evolve(changed, outcome=outcome, reason=reason, at=at)
    if changed == now:
        return doc
    rest = tuple(changed if d.channel is channel else d for d in doc.deliveries)
    return evolve(doc, deliveries=rest, updated_at=_later(doc, at))


def _told(news: _Fact | None, known: _Fact) -> _Fact:
    return known if news is None else news


def with_acknowledgement(doc: MessageStatus, given: Acknowledgement) -> MessageStatus:
    """Return the document as confirmed; the first confirmation stays."""
    if doc.acknowledgement is not None:
        return doc
    return evolve(doc, acknowledgement=given, updated_at=_later(doc, given.at))


def with_step(doc: MessageStatus, step: Step) -> MessageStatus:
    """Return the document with one step more; the newest are kept."""
    steps = (*doc.steps, step)[-MAX_STEPS:]
    return evolve(doc, steps=steps, updated_at=_later(doc, step.at))


def with_receipt(doc: MessageStatus, receipt: Receipt, at: datetime) -> MessageStatus:
    """Return the document with what a provider reported of one delivery.

    A receipt of an earlier run, or of a channel that is not in the plan, changes
    nothing.
    """
    channel = receipt.channel
    if channel not in doc.plan.channels:
        return doc
    if receipt.delivery_id not in (None, delivery_id(doc.id, channel, doc.run)):
        return doc
    failed = receipt.outcome is Outcome.FAILED
    return with_outcome(
        doc,
        channel,
        receipt.outcome,
        at,
        Reason.RECEIPT_FAILED if failed else None,
        provider_message_id=receipt.provider_message_id,
    )


def resends_on(doc: MessageStatus, missed: Collection[Channel]) -> tuple[Channel, ...]:
    """Return on which of the channels missed a message is to be sent again.

    On none where any channel may have taken it: that would be sent twice.
    """
    if any(delivery.outcome is Outcome.UNKNOWN for delivery in doc.deliveries):
        return ()
    failed = (d.channel for d in doc.deliveries if d.outcome is Outcome.FAILED)
    return tuple(channel for channel in failed if channel in missed)


def confirmed(doc: MessageStatus) -> bool:
    """Tell whether a provider has reported that the message arrived."""
    arrived = (Outcome.DELIVERED, Outcome.READ)
    return any(delivery.outcome in arrived for delivery in doc.deliveries)


def with_late_receipt(
    doc: MessageStatus, receipt: Receipt, at: datetime
) -> MessageStatus:
    """Return the document of a message whose workflow has ended, moved forward.

    One that had failed and has arrived after all is delivered.
    """
    doc = with_receipt(doc, receipt, at)
    if doc.status is not Status.FAILED or not confirmed(doc):
        return doc
    arrived = with_status(doc, Status.DELIVERED, at)
    return evolve(arrived, resendable_until=None, resends_on=())


def with_waiting(
    doc: MessageStatus, waiting: Waiting | None, at: datetime
) -> MessageStatus:
    """Return the document that says what the message waits for."""
    return evolve(doc, waiting=waiting, updated_at=_later(doc, at))


def with_digest(
    doc: MessageStatus, into: UUID | None, of: int | None, at: datetime
) -> MessageStatus:
    """Return the document that says which message tells of it, or of how many it."""
    if (doc.digested_into, doc.digest_of) == (into, of):
        return doc
    return evolve(doc, digested_into=into, digest_of=of, updated_at=_later(doc, at))


def with_recall(
    doc: MessageStatus, recall: Recall, withdrawn: Collection[Channel], at: datetime
) -> MessageStatus:
    """Return the document as taken back; where each delivery stands stays true."""
    deliveries = tuple(
        evolve(d, recalled_at=at) if d.channel in withdrawn else d
        for d in doc.deliveries
    )
    then = _later(doc, at)
    return evolve(doc, recall=recall, deliveries=deliveries, updated_at=then)


def skip_pending(doc: MessageStatus, reason: Reason, at: datetime) -> MessageStatus:
    """Return the document with every untouched delivery skipped."""
    for delivery in doc.deliveries:
        if delivery.outcome is Outcome.PENDING:
            doc = with_outcome(doc, delivery.channel, Outcome.SKIPPED, at, reason)
    return doc


def begin_again(
    doc: MessageStatus, plan: Plan, at: datetime, *, automatic: bool = False
) -> MessageStatus:
    """Return the document of a failed message whose plan starts once more.

    A message in any other state keeps its document.
    """
    if doc.status is not Status.FAILED:
        return doc
    again = with_status(doc, Status.DELIVERING, at)
    return evolve(
        again,
        plan=plan,
        deliveries=pending(plan),
        resendable_until=None,
        resends_on=(),
        automatic_resends=doc.automatic_resends + automatic,
        run=doc.run + 1,
    )
