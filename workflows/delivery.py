"""One message on one channel: send, clear up an unknown end, wait for a receipt."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, repeat

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from centre.delivery.contracts import DeliveryResult, Prepared
    from centre.messages.status import RANK
    from core.base import evolve
    from core.words import REACHED, Channel, Outcome, Reason, StepKind, StepWhy, Then
    from workflows.away import Away, Next
    from workflows.calls import AWAY, NOT_SENT, ProviderCalls
    from workflows.due import Due
    from workflows.ledger import Ledger
    from workflows.options import ASK_AFTER, POLL_AFTER

_ARRIVED = (Outcome.DELIVERED, Outcome.READ)


class DeliveryRun:
    """The deliveries of one run of a plan."""

    def __init__(
        self, ledger: Ledger, prepared: Prepared, due: Due, away: Away
    ) -> None:
        self._ledger = ledger
        self._prepared = prepared
        self._away = away
        self._calls = ProviderCalls(ledger, prepared, due, away)

    async def deliver(self, channel: Channel) -> bool:
        """Deliver on one channel; tell whether that counts as delivered.

        Where its provider is away the delivery is left for a later try.
        """
        if self._away.has(channel):
            return await self._once_more(channel)
        withheld = self._prepared.withheld.get(channel)
        if withheld is not None:
            self._ledger.move(channel, Outcome.SKIPPED, withheld)
            return False
        self._ledger.move(channel, Outcome.SENDING)
        return await self._send(channel)

    async def keep_at(self, channel: Channel) -> bool:
        """Deliver on one channel, for itself, again and again while it is away."""
        while not await self.deliver(channel):
            if not self._away.has(channel):
                return False
            if not await self._away.wait([channel]):
                self.give_up([channel])
                return self._outcome(channel) in _ARRIVED
        return True

    def give_up(self, channels: Iterable[Channel]) -> None:
        """End the deliveries whose providers stayed away; what is in doubt stays so."""
        for channel in channels:
            result = self._away.take(channel)
            if result is None:
                continue
            if self._outcome(channel) is Outcome.SENDING and self._calls.over:
                result = self._calls.stopped()
            self._ledger.note(channel, result)

    async def _once_more(self, channel: Channel) -> bool:
        """Try one whose provider was away; what may have been taken is asked after."""
        then = self._away.next(channel)
        if RANK[self._outcome(channel)] > RANK[Outcome.UNKNOWN]:
            self._away.take(channel)  # a receipt came meanwhile
            return self._outcome(channel) in _ARRIVED
        if then is not Next.ASK:
            return await self._send(channel, again=then is Next.REPEAT)
        found = await self._calls.ask(channel)
        if found is NOT_SENT:
            self._ledger.step(channel, StepKind.ASKED, StepWhy.NOT_TAKEN)
            self._ledger.step(channel, StepKind.REPEATED, StepWhy.NOT_TAKEN)
            return await self._send(channel, again=True)
        if found is None:
            self._away.take(channel)
        if found is None or self._away.keeps(channel, found, Next.ASK):
            return False
        self._ledger.step(channel, StepKind.ASKED, outcome=found.outcome)
        self._ledger.note(channel, found)
        return await self._counts(channel, found.askable)

    async def _send(self, channel: Channel, again: bool = False) -> bool:
        result = await self._calls.send(channel, again)
        if self._away.keeps(channel, result, Next.REPEAT if again else Next.SEND):
            doubt = result.outcome is Outcome.UNKNOWN
            shown = Outcome.UNKNOWN if doubt else Outcome.SENDING
            self._ledger.note(channel, evolve(result, outcome=shown))
            return False
        self._ledger.note(channel, result)
        if result.outcome is Outcome.UNKNOWN:
            await self._clear_up(channel, result)
        return await self._counts(channel, result.askable)

    async def _clear_up(self, channel: Channel, result: DeliveryResult) -> None:
        """Find out what became of a call that had no end; repeat it if right.

        What is known not to have been sent is sent again. What stays unknown is
        repeated or passed over as the type's policy says: without a word there,
        critical messages that have not expired are repeated.
        """
        found = await self._find_out(channel, result)
        why = self._why_repeat(channel, found)
        if why is not None:
            self._ledger.step(channel, StepKind.REPEATED, why)
            again = await self._calls.send(channel, again=True)
            unknown = again.outcome is Outcome.UNKNOWN
            if found is None and again.reason is Reason.UNREACHABLE:
                # It never left, which says nothing of the call before it.
                again = evolve(again, outcome=Outcome.UNKNOWN)
            if self._away.keeps(channel, again, Next.REPEAT):
                return
            self._ledger.note(channel, again)
            found = await self._find_out(channel, again) if unknown else None
        if found is not None:
            self._ledger.note(channel, found)
        if self._outcome(channel) is Outcome.UNKNOWN:
            over = self._why_pass_over(channel, repeated=why is not None)
            self._ledger.step(channel, StepKind.PASSED_OVER, over)
        else:
            self._away.take(channel)

    async def _find_out(
        self, channel: Channel, result: DeliveryResult
    ) -> DeliveryResult | None:
        """Ask, and wait for a receipt; None where nobody can say.

        A short wait goes first: providers list what they took after some seconds.
        """
        if await self._moves_past(channel, Outcome.UNKNOWN, ASK_AFTER):
            return self._received(channel)
        found = await self._ask(channel) if result.askable else None
        rule = self._ledger.message.unknown.get(channel)
        wait = timedelta(seconds=rule.wait_seconds) - ASK_AFTER if rule else timedelta()
        wait = min(wait, self._calls.time_left())
        if found is not None or wait <= timedelta():
            return found
        if await self._moves_past(channel, Outcome.UNKNOWN, wait):
            return self._received(channel)
        self._ledger.step(channel, StepKind.WAITED)
        return await self._ask(channel) if result.askable else None

    def _received(self, channel: Channel) -> DeliveryResult:
        """Return what a receipt has said meanwhile."""
        delivery = self._ledger.delivery(channel)
        self._ledger.step(channel, StepKind.WAITED, outcome=delivery.outcome)
        return DeliveryResult(outcome=delivery.outcome)

    async def _ask(self, channel: Channel) -> DeliveryResult | None:
        found = await self._calls.ask(channel)
        if found is AWAY:
            self._away.keeps(channel, found, Next.ASK)
            found = None
        if found is NOT_SENT:
            self._ledger.step(channel, StepKind.ASKED, StepWhy.NOT_TAKEN)
        else:
            outcome = None if found is None else found.outcome
            self._ledger.step(channel, StepKind.ASKED, outcome=outcome)
        return found

    def _why_repeat(
        self, channel: Channel, found: DeliveryResult | None
    ) -> StepWhy | None:
        """Return why a call is to be repeated, None where it is not."""
        if found is NOT_SENT:
            return StepWhy.NOT_TAKEN
        if found is not None or not self._calls.time_left():
            return None
        rule = self._ledger.message.unknown.get(channel)
        if rule is not None:
            return StepWhy.POLICY if rule.then is Then.REPEAT else None
        return StepWhy.CRITICAL if self._calls.critical else None

    def _why_pass_over(self, channel: Channel, repeated: bool) -> StepWhy:
        if repeated:
            return StepWhy.AGAIN
        if not self._calls.time_left():
            return StepWhy.EXPIRED
        ruled = channel in self._ledger.message.unknown
        return StepWhy.POLICY if ruled else StepWhy.DEFAULT

    async def _counts(self, channel: Channel, askable: bool) -> bool:
        """Tell whether the delivery counts, waiting for its receipt if it must."""
        confirm = self._ledger.message.confirm.get(channel)
        if confirm is None or not confirm.receipt:
            return self._outcome(channel) in REACHED
        if self._outcome(channel) is Outcome.ACCEPTED:
            limit = timedelta(seconds=confirm.within_seconds)
            await self._await_receipt(channel, limit, askable)
            self._note_wait(channel)
        return self._outcome(channel) in _ARRIVED

    async def _await_receipt(
        self, channel: Channel, limit: timedelta, askable: bool
    ) -> None:
        """Wait for a receipt, asking now and then where the provider can be asked.

        So a centre that no provider can call gets its receipts as well.
        """
        if not askable or not workflow.patched("poll-for-receipts"):
            await self._moves_past(channel, Outcome.ACCEPTED, limit)
            return
        until = workflow.now() + limit
        for pause in _pauses():
            left = until - workflow.now()
            if await self._moves_past(channel, Outcome.ACCEPTED, min(pause, left)):
                return
            found = await self._calls.poll(channel)
            if found is not None:
                self._ledger.note(channel, found)
            if self._outcome(channel) is not Outcome.ACCEPTED:
                outcome = self._outcome(channel)
                self._ledger.step(channel, StepKind.ASKED, outcome=outcome)
                return
            if workflow.now() >= until:
                return

    def _note_wait(self, channel: Channel) -> None:
        """Note how a wait for the receipt ended, and what follows from it."""
        outcome = self._outcome(channel)
        told = None if outcome is Outcome.ACCEPTED else outcome
        self._ledger.step(channel, StepKind.WAITED, outcome=told)
        if outcome not in _ARRIVED:
            failed = outcome is Outcome.FAILED
            why = StepWhy.RECEIPT_FAILED if failed else StepWhy.NO_RECEIPT
            self._ledger.step(channel, StepKind.PASSED_OVER, why)

    async def _moves_past(
        self, channel: Channel, outcome: Outcome, limit: timedelta
    ) -> bool:
        """Wait for a receipt that moves a delivery on; tell whether it came."""

        def moved() -> bool:
            return RANK[self._outcome(channel)] > RANK[outcome]

        try:
            await workflow.wait_condition(moved, timeout=limit)
        except TimeoutError:
            return False
        return True

    def _outcome(self, channel: Channel) -> Outcome:
        return self._ledger.delivery(channel).outcome


def _pauses() -> Iterator[timedelta]:
    """Yield the growing pauses between two questions, the last one for ever."""
    return chain(POLL_AFTER, repeat(POLL_AFTER[-1]))
