"""Accepting a batch: checked whole, in the store first, then known to Temporal."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import CLIENT, OPERATORS
from centre.batches import queries as batches
from centre.batches import writes as batch_writes
from centre.batches.rules import (
    MOST_TOLD,
    AddressedPerson,
    BatchRecipient,
    BatchRequest,
    address,
    batch_type,
    batch_wrongs,
    first_state,
    frame,
    keyed_batch_id,
    pointer_in,
    refuse,
)
from centre.catalog.message_types import find_message_type
from centre.catalog.placeholders import required_params
from centre.clients.models import Client
from centre.context import Context
from centre.flows.batches import Batch, BatchState, Steering
from centre.flows.replays import refuse_other_body
from centre.messages.acceptance import Sender
from centre.people.holder_queries import holders
from centre.providers.filing import ValueLimits, rules_in_use, too_long, value_limits
from core.clock import utc_now
from core.errors import Conflict, FieldError
from core.models import Message
from core.policies import MessageType
from core.repeats import Repeat, Repeats, repeats_of, summary_of
from core.words import Role

# So many recipients are looked at before others have their turn.
_SLICE = 100


@dataclass(frozen=True)
class AcceptedBatch:
    """An accepted batch; `replayed` where its key had brought it before."""

    batch: Batch
    replayed: bool


@dataclass(frozen=True)
class CheckResult:
    """A batch without fault: what its messages share, and who receives them.

    `repeats` are those named more than once; with `once_each` they receive one.
    """

    frame: Message
    people: list[AddressedPerson]
    repeats: Repeats


async def accept_batch(
    context: Context,
    client: Client,
    asked: BatchRequest,
    key: str | None,
    actor: Actor,
    *,
    as_checked: Message | None = None,
) -> AcceptedBatch:
    """Accept a batch; with a key seen before, return what it made then.

    `as_checked` is what somebody has looked at before: Conflict where it would go out
    otherwise now. Raises Invalid with every wrong place, Unavailable where Temporal is
    down: then nothing is accepted, and the same key may come again.
    """
    actor.must_be(*OPERATORS, CLIENT)
    batch_id = uuid7() if key is None else keyed_batch_id(client.code, key)
    print_ = await _fingerprint(asked)
    first = None if key is None else await _known(context, batch_id, print_)
    if first is not None and first.steering.state is not BatchState.PREPARING:
        return AcceptedBatch(first, replayed=True)
    if first is None:
        now = utc_now()
        checked = await check(context, client, asked, batch_id, now)
        if as_checked is not None and not _alike(as_checked, checked.frame):
            raise Conflict("The message type has changed since; check the list again.")
        await context.flows.check()
        batch = _batch(context, checked, asked, print_, actor, now)
        first = await _write(context, batch, checked, actor)
    await context.flows.start_batch(first)
    return await _accepted(context, first)


def _alike(one: Message, other: Message) -> bool:
    """Tell whether two batches would say the same by the same channels."""
    fixed = {"plan", "templates", "policy_version", "confirm", "unknown"}
    return one.model_dump(include=fixed) == other.model_dump(include=fixed)


async def check(
    context: Context,
    client: Client,
    asked: BatchRequest,
    batch_id: UUID,
    now: datetime,
    *,
    most: int | None = MOST_TOLD,
) -> CheckResult:
    """Return the batch as it would be sent; Invalid with its wrong places.

    `most` of them are told; None tells all.
    """
    sender = Sender(client.code, client.message_types, client.callback is not None)
    message_type = batch_type(
        asked, sender, await find_message_type(context, asked.type)
    )
    field_errors = list(batch_wrongs(asked, message_type, now))
    async with context.store.autocommit() as session:
        limits = value_limits(
            message_type, await rules_in_use(session, context.settings)
        )
    people = await _addressed(asked.recipients, message_type, limits, field_errors)
    refuse(field_errors, most)
    repeats = await _repeats(context, people)
    shared = frame(
        asked,
        sender,
        message_type,
        batch_id=batch_id,
        now=now,
        resend_window=timedelta(hours=context.settings.resend_window_hours),
    )
    if asked.once_each:
        again = {repeat.recipient for repeat in repeats}
        people = [one for index, one in enumerate(people) if index not in again]
    return CheckResult(shared, people, summary_of(repeats))


async def _repeats(context: Context, people: Sequence[AddressedPerson]) -> list[Repeat]:
    """Return who is named again, by whatever identity the index knows them."""
    recipients = [one.recipient for one in people]
    named = {i for who in recipients for i in who.identities.items()}
    async with context.store.autocommit() as session:
        known = await holders(session, named)
    return await asyncio.to_thread(repeats_of, recipients, known)


async def _addressed(
    asked: Iterable[BatchRecipient],
    message_type: MessageType,
    limits: ValueLimits,
    field_errors: list[FieldError],
) -> list[AddressedPerson]:
    required, people = required_params(message_type), []
    for index, one in enumerate(asked):
        people.append(address(one, index, required, field_errors))
        for found in too_long(one.params, limits):
            field_errors.append(
                FieldError(pointer_in(index, found.pointer), found.detail)
            )
        if index % _SLICE == 0:
            await asyncio.sleep(0)
    return people


async def _fingerprint(asked: BatchRequest) -> str:
    """Return the hash that tells one request body from another."""
    head = asked.model_dump(mode="json", exclude={"recipients"})
    # What is left out keeps the hash it had before there was such a choice.
    if not asked.once_each:
        del head["once_each"]
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for index, one in enumerate(asked.recipients):
        own = [one.identities, one.params, one.name, one.reference]
        digest.update(json.dumps(own, sort_keys=True).encode())
        if index % _SLICE == 0:
            await asyncio.sleep(0)
    return digest.hexdigest()


def _batch(
    context: Context,
    checked: CheckResult,
    asked: BatchRequest,
    fingerprint: str,
    actor: Actor,
    now: datetime,
) -> Batch:
    shared = checked.frame
    assert shared.batch is not None
    rate = asked.rate_per_second or context.settings.batch_rate
    return Batch(
        id=shared.batch,
        client=shared.client,
        type=shared.type,
        count=len(checked.people),
        steering=Steering(state=BatchState.PREPARING, rate_per_second=rate),
        created_at=now,
        created_by=actor.who,
        send_at=shared.send_at,
        expires_at=shared.expires_at,
        fingerprint=fingerprint,
        repeats=checked.repeats,
    )


async def _known(context: Context, batch_id: UUID, fingerprint: str) -> Batch | None:
    """Return the batch that this key has brought; Invalid for another body."""
    async with context.store.autocommit() as session:
        first = await batches.find(session, batch_id)
    if first is not None:
        refuse_other_body(first.fingerprint, fingerprint)
    return first


async def _write(
    context: Context, batch: Batch, checked: CheckResult, actor: Actor
) -> Batch:
    """Write the batch, or return the one that came with the same key meanwhile."""
    async with context.store.sessions.begin() as session:
        await batch_writes.forget_unaccepted(session, batch.created_at)
        new = await batch_writes.add(session, batch, checked.frame, checked.people)
        if new and isinstance(actor.role, Role):
            after = {"client": batch.client, "type": batch.type, "count": batch.count}
            target = f"batches/{batch.id}"
            await audit.write(session, actor, "create", target, None, after)
    if new:
        return batch
    return await _known(context, batch.id, batch.fingerprint) or batch


async def _accepted(context: Context, batch: Batch) -> AcceptedBatch:
    """Say that a batch is accepted, now that Temporal has it; of many, one does."""
    state = first_state(batch.send_at, utc_now())
    preparing = [BatchState.PREPARING]
    async with context.store.sessions.begin() as session:
        first = await batch_writes.steer(session, batch.id, preparing, state=state)
        known = await batches.find(session, batch.id) or batch
    return AcceptedBatch(known, replayed=not first)
