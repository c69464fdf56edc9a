"""Deliveries whose end nobody is sure of: asked after, waited for, repeated."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from centre.delivery.contracts import DeliveryResult
    from core.base import evolve
    from core.words import Channel, Outcome, Reason, StepKind, StepWhy, Then
    from workflows.away import Away, Next
    from workflows.calls import AWAY, NOT_SENT, ProviderCalls
    from workflows.options import ASK_AFTER
    from workflows.state import MessageState


class Doubt:
    """Clears up what became of the calls of one run that had no end."""

    def __init__(self, state: MessageState, calls: ProviderCalls, away: Away) -> None:
        self._state = state
        self._calls = calls
        self._away = away

    async def clear_up(self, channel: Channel, result: DeliveryResult) -> None:
        """Find out what became of a call that had no end; repeat it if right.

        What is known not to have been sent is sent again. What stays unknown is
        repeated or passed over as the type's policy says: without a word there,
        critical messages that have not expired are repeated.
        """
        found = await self._find_out(channel, result)
        why = self._why_repeat(channel, found)
        if why is not None:
            self._state.step(channel, StepKind.REPEATED, why)
            again = await self._calls.send(channel, again=True)
            unknown = again.outcome is Outcome.UNKNOWN
            if found is None and again.reason is Reason.UNREACHABLE:
                # It never left, which says nothing of the call before it.
                again = evolve(again, outcome=Outcome.UNKNOWN)
            if self._away.keeps(channel, again, Next.REPEAT):
                return
            self._state.note(channel, again)
            found = await self._find_out(channel, again) if unknown else None
        if found is not None:
            self._state.note(channel, found)
        if self._state.outcome(channel) is Outcome.UNKNOWN:
            over = self._why_pass_over(channel, repeated=why is not None)
            self._state.step(channel, StepKind.PASSED_OVER, over)
        else:
            self._away.take(channel)

    async def _find_out(
        self, channel: Channel, result: DeliveryResult
    ) -> DeliveryResult | None:
        """Ask, and wait for a receipt; None where nobody can say.

        A short wait goes first: providers list what they took after some seconds.
        """
        if await self._state.moves_past(channel, Outcome.UNKNOWN, ASK_AFTER):
            return self._received(channel)
        found = await self._ask(channel) if result.askable else None
        rule = self._state.message.unknown.get(channel)
        wait = timedelta(seconds=rule.wait_seconds) - ASK_AFTER if rule else timedelta()
        wait = min(wait, self._calls.time_left())
        if found is not None or wait <= timedelta():
            return found
        if await self._state.moves_past(channel, Outcome.UNKNOWN, wait):
            return self._received(channel)
        self._state.step(channel, StepKind.WAITED)
        return await self._ask(channel) if result.askable else None

    def _received(self, channel: Channel) -> DeliveryResult:
        """Return what a receipt has said meanwhile."""
        delivery = self._state.delivery(channel)
        self._state.step(channel, StepKind.WAITED, outcome=delivery.outcome)
        return DeliveryResult(outcome=delivery.outcome)

    async def _ask(self, channel: Channel) -> DeliveryResult | None:
        found = await self._calls.ask(channel)
        if found is AWAY:
            self._away.keeps(channel, found, Next.ASK)
            found = None
        if found is NOT_SENT:
            self._state.step(channel, StepKind.ASKED, StepWhy.NOT_TAKEN)
        else:
            outcome = None if found is None else found.outcome
            self._state.step(channel, StepKind.ASKED, outcome=outcome)
        return found

    def _why_repeat(
        self, channel: Channel, found: DeliveryResult | None
    ) -> StepWhy | None:
        """Return why a call is to be repeated, None where it is not."""
        if found is NOT_SENT:
            return StepWhy.NOT_TAKEN
        if found is not None or not self._calls.time_left():
            return None
        rule = self._state.message.unknown.get(channel)
        if rule is not None:
            return StepWhy.POLICY if rule.then is Then.REPEAT else None
        return StepWhy.CRITICAL if self._calls.critical else None

    def _why_pass_over(self, channel: Channel, repeated: bool) -> StepWhy:
        if repeated:
            return StepWhy.AGAIN
        if not self._calls.time_left():
            return StepWhy.EXPIRED
        ruled = channel in self._state.message.unknown
        return StepWhy.POLICY if ruled else StepWhy.DEFAULT
