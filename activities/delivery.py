"""Hand one delivery to its channel's provider, and ask what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.limits import Limiter
from activities.links import Links
from activities.models import DeliveryResult, DeliveryTask
from channels.base import Asking, Content, Sender, Sending, Taken
from core.acceptance import template_placeholders
from core.errors import (
    DeliveryError,
    NotTaken,
    OutcomeUnknown,
    RateLimited,
    SafeToRepeat,
    Undeliverable,
)
from core.models import Template
from core.progress import outcome_moves
from core.templates import render
from core.words import Channel, Outcome, Reason
from store import Store, attempts, catalog, receipts
from store.attempts import Attempt, AttemptState


@dataclass(frozen=True)
class DeliveryActivities:
    """Calls to providers, each with an attempt row written before it."""

    store: Store
    senders: Mapping[Channel, Sender]
    links: Links
    limiter: Limiter = field(default_factory=Limiter)

    @activity.defn
    async def deliver(self, task: DeliveryTask) -> DeliveryResult:
        """Send one delivery once; what a provider answers decides what follows.

        An earlier call whose end is not known is only repeated where the
        provider drops duplicates itself, or the workflow says `again`.
        """
        sender = self._sender(task.channel)
        repeated = task.again or activity.info().attempt > 1
        # One transaction: each costs as much as its statements.
        async with self.store.sessions.begin() as session:
            rules = await _rules(session, task)
            earlier = await _earlier(session, task) if repeated else ()
            known = _already_known(task, sender, earlier)
            if known is None:
                sending = self._sending(task, rules.said)
                await self._admit(session, task, sending, rules.limits)
                attempt = await _begin(session, task, sender)
        if known is not None:
            return await self._with_early_receipt(earlier[-1], known)
        try:
            taken = await sender.send(sending)
        except DeliveryError as error:
            return await self._not_taken(task, sender, attempt, error)
        await self._end(attempt, "accepted", taken=taken)
        result = _result(sender, taken, attempt.number)
        return await self._with_early_receipt(attempt, result)

    async def _with_early_receipt(
        self, attempt: Attempt, result: DeliveryResult
    ) -> DeliveryResult:
        """Return the result with what the provider reported before it answered.

        Looked for once the attempt's end is written: operations/receipts.py
        looks the other way round, so that no receipt falls between.
        """
        number = result.provider_message_id
        if number is None:
            return result
        async with self.store.sessions() as session:
            early = await receipts.parked(session, attempt.provider, number)
        ours = (None, attempt.account) if attempt.account else ()
        mine = [r for r in early if not ours or r.account in ours]
        if not mine or not outcome_moves(result.outcome, mine[-1].outcome):
            return result
        last = mine[-1]
        async with self.store.sessions.begin() as session:
            await attempts.note_receipt(
                session, attempt.id, last.outcome, last.code, last.at
            )
            await receipts.unpark(session, attempt.provider, number)
        failed = last.outcome is Outcome.FAILED
        reason = Reason.RECEIPT_FAILED if failed else None
        return result.model_copy(update={"outcome": last.outcome, "reason": reason})

    @activity.defn
    async def ask(self, task: DeliveryTask) -> DeliveryResult:
        """Ask the provider what became of a delivery whose end is not known.

        Providers list a delivery some time after they took it, so NotTaken is
        retried; the workflow believes the last one.
        """
        sender = self._sender(task.channel)
        assert isinstance(sender, Asking)
        async with self.store.sessions() as session:
            rules = await _rules(session, task)
            earlier = await _earlier(session, task)
        taken = await sender.ask(self._sending(task, rules.said))
        if taken is None:
            raise NotTaken("the provider knows no such delivery")
        if earlier:
            await self._end(earlier[-1], "accepted", taken=taken)
        return _result(sender, taken, len(earlier))

    async def _admit(
        self,
        session: AsyncSession,
        task: DeliveryTask,
        sending: Sending,
        limits: Mapping[str, int],
    ) -> None:
        """Raise RateLimited where a limit of the channel has no room now."""
        try:
            await self.limiter.admit(session, sending, limits)
        except RateLimited as error:
            raise _within_patience(task, error) from None

    def _sender(self, channel: Channel) -> Sender:
        sender = self.senders.get(channel)
        if sender is None:
            raise Undeliverable(Reason.CHANNEL_DISABLED)
        return sender

    def _sending(self, task: DeliveryTask, template: Template) -> Sending:
        return Sending(
            id=task.delivery_id,
            message_id=task.message_id,
            channel=task.channel,
            priority=task.priority,
            address=task.address,
            expires_at=task.expires_at,
            acknowledge=task.acknowledge,
            read_back=task.read_back,
            content=Content(
                title=render(template.title, task.params),
                body=render(template.body, task.params),
                provider_template=template.provider_template,
                fields={
                    name: render(text, task.params)
                    for name, text in template.fields.items()
                },
                params=task.params,
                link=self.links.link(task.message_id, task.created_at, task.link),
            ),
        )

    async def _end(
        self,
        attempt: Attempt,
        state: AttemptState,
        *,
        code: str = "",
        reason: Reason | None = None,
        taken: Taken | None = None,
    ) -> None:
        async with self.store.sessions.begin() as session:
            await attempts.end_attempt(
                session,
                attempt.id,
                state,
                code=code or None,
                reason=reason,
                provider_message_id=taken.provider_message_id if taken else None,
            )

    async def _not_taken(
        self,
        task: DeliveryTask,
        sender: Sender,
        attempt: Attempt,
        error: DeliveryError,
    ) -> DeliveryResult:
        """Write the attempt's end; return what is unknown, raise what is known."""
        unknown = isinstance(error, OutcomeUnknown)
        state: AttemptState = "unknown" if unknown else "failed"
        await self._end(attempt, state, code=error.code, reason=error.reason)
        if unknown:
            if sender.dedupe_window is not None:
                raise SafeToRepeat("no answer came", code=error.code)
            return _unknown(sender, attempt.number)
        raise _within_patience(task, error)


def _within_patience(task: DeliveryTask, error: DeliveryError) -> DeliveryError:
    """Return the error, for good where its "later" is too late."""
    if error.retry_after is not None and error.retry_after > task.patience:
        error.retryable = False
    return error


async def _version(session: AsyncSession, task: DeliveryTask) -> int:
    """Return the version pinned at acceptance; for a resend, the newest that fits.

    Mending a template is what many a resend is for. One that asks for values
    which the message lacks does not fit.
    """
    if task.run == 1:
        return task.template_version
    kind = await catalog.message_type(session, task.type)
    newest = kind.templates.get(task.channel) if kind else None
    if newest is None or not set(template_placeholders(newest)) <= task.params.keys():
        return task.template_version
    return newest.version


def _already_known(
    task: DeliveryTask, sender: Sender, earlier: Sequence[Attempt]
) -> DeliveryResult | None:
    """Return what earlier attempts of a repeated activity have settled, if anything."""
    if not earlier or task.again:
        return None
    last = earlier[-1]
    if last.state == "accepted":
        taken = Taken(
            provider=last.provider, provider_message_id=last.provider_message_id
        )
        return _result(sender, taken, last.number)
    if last.state == "failed" or _deduped(sender, earlier[0]):
        return None
    return _unknown(sender, last.number)


def _deduped(sender: Sender, first: Attempt) -> bool:
    """Tell whether the provider still drops a repeat of the first attempt."""
    window = sender.dedupe_window
    return window is not None and datetime.now(UTC) - first.started_at < window


def _unknown(sender: Sender, number: int) -> DeliveryResult:
    return DeliveryResult(
        outcome=Outcome.UNKNOWN,
        reason=Reason.OUTCOME_UNKNOWN,
        attempts=number,
        provider=sender.provider,
        askable=isinstance(sender, Asking),
    )


def _result(sender: Sender, taken: Taken, number: int) -> DeliveryResult:
    return DeliveryResult(
        outcome=Outcome.DELIVERED if taken.delivered else Outcome.ACCEPTED,
        attempts=number,
        provider=taken.provider,
        provider_message_id=taken.provider_message_id,
        askable=isinstance(sender, Asking),
    )


@dataclass(frozen=True)
class _Rules:
    """What a channel says now, and the limits it has."""

    said: Template
    limits: Mapping[str, int]


async def _rules(session: AsyncSession, task: DeliveryTask) -> _Rules:
    """Return what holds for the delivery, unless something was switched off since."""
    version = await _version(session, task)
    rules = await catalog.delivery_rules(session, task.type, task.channel, version)
    if rules is None or not rules.type_enabled:
        raise Undeliverable(Reason.TYPE_DISABLED)
    if not rules.channel_enabled:
        raise Undeliverable(Reason.CHANNEL_DISABLED)
    if rules.template is None:
        raise Undeliverable(Reason.NO_TEMPLATE)
    if not rules.template.enabled:
        raise Undeliverable(Reason.TEMPLATE_DISABLED)
    return _Rules(rules.template, rules.limits)


async def _earlier(session: AsyncSession, task: DeliveryTask) -> Sequence[Attempt]:
    return await attempts.attempts_of(session, task.delivery_id)


async def _begin(session: AsyncSession, task: DeliveryTask, sender: Sender) -> Attempt:
    return await attempts.begin_attempt(
        session,
        delivery_id=task.delivery_id,
        message_id=task.message_id,
        channel=task.channel,
        provider=sender.provider,
    )
