"""Hand one delivery to its channel's provider, and ask what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from temporalio import activity

from centre.delivery import attempt_queries
from centre.delivery.admission import Limiter, rules_of
from centre.delivery.calls import Call, Calls, soon, unknown
from centre.delivery.contracts import DeliveryResult, DeliveryTask
from centre.delivery.early_receipts import note_answer, with_early_receipt
from centre.delivery.hold import ScheduleCache
from centre.delivery.links import Links
from centre.delivery.models import Attempt, AttemptState, in_doubt
from centre.delivery.outcomes import note_reached, note_refusal
from centre.delivery.patience import held_back, with_pause, within_patience
from channels.base import Acceptance, Asking, Sender, Sending
from channels.router import Router
from core.base import evolve
from core.errors import (
    DeliveryError,
    NotTaken,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    SafeToRepeat,
    StillInDoubt,
    Undeliverable,
)
from core.words import Channel, Outcome, Reason
from db.session import Session
from db.store import Store


@dataclass(frozen=True)
class DeliveryActivities:
    """Calls to providers, each with an attempt row written before it."""

    store: Store
    router: Router
    links: Links
    limiter: Limiter = field(default_factory=Limiter)
    times: ScheduleCache = field(default_factory=ScheduleCache)

    @activity.defn
    async def deliver(self, task: DeliveryTask) -> DeliveryResult:
        """Send one delivery once; what a provider answers decides what follows.

        An earlier call whose end is not known is only repeated where the
        provider drops duplicates itself, or the workflow says `again`.
        """
        self._check_served(task.channel)
        earlier: Sequence[Attempt] = ()
        try:
            # One transaction: each costs as much as its statements.
            async with self.store.sessions.begin() as session:
                if task.again or task.waited or activity.info().attempt > 1:
                    earlier = await _earlier(session, task)
                known = self._already_known(task, earlier)
                begun = known or await self._calls.begin(session, task, earlier)
        except RateLimited as no_room:
            return held_back(task, no_room, earlier)
        if known is not None:
            return await with_early_receipt(self.store, earlier[-1], known)
        if isinstance(begun, DeliveryResult):
            return begun
        return await self._made(task, *begun)

    @activity.defn
    async def ask(self, task: DeliveryTask) -> DeliveryResult:
        """Ask the provider what became of a delivery whose end is not known.

        Providers list a delivery some time after they took it, so NotTaken is
        retried; the workflow believes the last one.
        """
        async with self.store.autocommit() as session:
            rules = await rules_of(session, task)
            earlier = await _earlier(session, task)
        last = in_doubt(earlier) or (earlier[-1] if earlier else None)
        route = self.router.route(task.channel, last.account if last else None)
        if route is None or not isinstance(route.sender, Asking):
            raise ProviderDown("the account that was used is gone", code="no-account")
        sending = self._calls.sending(task, rules)
        number = last.provider_message_id if last else None
        try:
            taken = await route.sender.ask(evolve(sending, provider_message_id=number))
        except DeliveryError as error:
            await note_refusal(self.store, task, error)
            if last and not error.retryable:
                await note_answer(self.store, last, Outcome.FAILED, error.code)
            raise
        if taken is None:
            raise NotTaken("the provider knows no such delivery")
        if last:
            await self._calls.end(last, "accepted", taken=taken)
            if taken.delivered:
                await note_answer(self.store, last, Outcome.DELIVERED)
        return _result(route.sender, taken, len(earlier))

    @property
    def _calls(self) -> Calls:
        return Calls(self.store, self.router, self.links, self.limiter, self.times)

    def _check_served(self, channel: Channel) -> None:
        if not self.router.serves(channel):
            raise Undeliverable(Reason.CHANNEL_DISABLED)

    async def _made(
        self, task: DeliveryTask, sending: Sending, call: Call
    ) -> DeliveryResult:
        """Make the call; where its account can't take it, one by another.

        Of several refusals the first that a later try may overcome is raised.
        """
        until, tried, kept = soon(), set[str](), None
        while True:
            sender = call.route.sender
            try:
                async with call.route.call(anyway=call.repeat):
                    taken = await sender.send(sending)
            except DeliveryError as error:
                unsure = await self._not_taken(task, call, error)
                if unsure is not None:
                    return unsure
                tried.add(call.route.code)
                refused = within_patience(task, error)
                refused = with_pause(refused, call.route.code, call.attempt.number)
                other = await self._calls.elsewhere(task, refused, tried, until)
                kept = kept if kept and kept.retryable else refused
                if other is None:
                    raise kept from None
                call = other
            else:
                await self._calls.end(call.attempt, "accepted", taken=taken)
                await note_reached(self.store, task)
                result = _result(sender, taken, call.attempt.number)
                numbers = taken.part_ids
                return await with_early_receipt(
                    self.store, call.attempt, result, numbers
                )

    async def _not_taken(
        self, task: DeliveryTask, call: Call, error: DeliveryError
    ) -> DeliveryResult | None:
        """Write the call's end; return the result where its outcome is unknown."""
        no_answer = isinstance(error, OutcomeUnknown)
        state: AttemptState = "unknown" if no_answer else "failed"
        await self._calls.end(call.attempt, state, code=error.code, reason=error.reason)
        await note_refusal(self.store, task, error)
        if call.repeat and isinstance(error, ProviderDown):
            doubt = StillInDoubt("a repeat was not taken", code=error.code)
            doubt.answered = error.answered
            raise with_pause(doubt, call.route.code, call.attempt.number)
        if not no_answer:
            return None
        if call.route.sender.dedupe_window is not None:
            raise SafeToRepeat("no answer came", code=error.code)
        return unknown(call.route, call.attempt)

    def _already_known(
        self, task: DeliveryTask, earlier: Sequence[Attempt]
    ) -> DeliveryResult | None:
        """Return what earlier calls of a repeated activity settled, if anything."""
        if not earlier or task.again:
            return None
        last = earlier[-1]
        route = self.router.route(task.channel, last.account)
        if last.state == "accepted":
            number = last.provider_message_id
            taken = Acceptance(provider=last.provider, provider_message_id=number)
            return _result(route.sender if route else None, taken, last.number)
        doubt = in_doubt(earlier)
        if doubt is None or self._calls.repeatable(task, earlier):
            return None
        return unknown(self.router.route(task.channel, doubt.account), doubt)


def _result(sender: Sender | None, taken: Acceptance, number: int) -> DeliveryResult:
    return DeliveryResult(
        outcome=Outcome.DELIVERED if taken.delivered else Outcome.ACCEPTED,
        attempts=number,
        provider=taken.provider,
        provider_message_id=taken.provider_message_id,
        askable=isinstance(sender, Asking),
    )


async def _earlier(session: Session, task: DeliveryTask) -> Sequence[Attempt]:
    return await attempt_queries.attempts_of(session, task.delivery_id)
