"""A run of a plan: stage after stage, and on each channel until it counts or fails."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from datetime import timedelta
from itertools import chain, repeat

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from centre.messages.status import RANK
    from core.base import evolve
    from core.words import (
        REACHED,
        Channel,
        Outcome,
        Priority,
        StepKind,
        StepWhy,
    )
    from workflows.away import Away, Next
    from workflows.calls import NOT_SENT, ProviderCalls
    from workflows.doubt import Doubt
    from workflows.options import POLL_AFTER
    from workflows.send_window import SendWindow
    from workflows.state import MessageState

Stage = tuple[Channel, ...]
_ARRIVED = (Outcome.DELIVERED, Outcome.READ)


class Stages:
    """Runs a plan until a stage has delivered.

    Other channels need not wait for a provider that is away: their turn comes at
    once, and it is tried again only where they reach nobody. Each channel of a
    critical message is kept at for itself, also once another has delivered: see
    `rest`.
    """

    def __init__(
        self,
        state: MessageState,
        window: SendWindow,
        away: Away,
        record: Callable[[], Awaitable[None]],
    ) -> None:
        self._state = state
        self._away = away
        self._run = DeliveryRun(state, window, away)
        self._record = record
        self._each: dict[Channel, asyncio.Task[bool]] = {}

    async def deliver(self) -> bool:
        """Run the plan; tell whether a stage has delivered."""
        delivered = await self._deliver_in_turn() or await self._deliver_late()
        if not self._each:
            self._run.give_up(self._state.doc.plan.channels)
        return delivered

    @property
    def missed(self) -> Collection[Channel]:
        """The channels whose provider was away when it was last tried."""
        return self._away.missed

    async def rest(self) -> None:
        """Wait for what a critical message goes on with."""
        await asyncio.gather(*self._each.values())

    async def _deliver_in_turn(self) -> bool:
        for number, stage in enumerate(self._state.doc.plan.stages):
            if number and self._state.stop:
                return False
            if number:
                await self._record()
            if await self._try(stage):
                return True
        return False

    async def _deliver_late(self) -> bool:
        """Run the stages whose providers are away, until it is enough."""
        if self._each:
            await workflow.wait_condition(lambda: self._reached or self._all_over)
            return self._reached
        waited = False
        while (stages := self._away.stages) and not self._state.stop:
            if not await self._away.wait(tuple(chain(*stages))):
                break
            waited = True
            for stage in stages:
                if self._state.stop or await self._try(stage):
                    return not self._state.stop
        return waited and self._state.confirmed

    async def _try(self, stage: Stage) -> bool:
        """Try a stage once; tell whether one of its channels has delivered."""
        if self._state.message.priority is not Priority.CRITICAL:
            return any(await asyncio.gather(*map(self._run.deliver, stage)))
        new = {c: asyncio.create_task(self._run.keep_at(c)) for c in stage}
        self._each |= new
        await workflow.wait_condition(
            lambda: all(t.done() or self._away.has(c) for c, t in new.items())
        )
        return self._reached

    @property
    def _reached(self) -> bool:
        return any(t.done() and t.result() for t in self._each.values())

    @property
    def _all_over(self) -> bool:
        return all(t.done() for t in self._each.values())


class DeliveryRun:
    """The deliveries of one run of a plan."""

    def __init__(self, state: MessageState, window: SendWindow, away: Away) -> None:
        self._state = state
        self._away = away
        self._calls = ProviderCalls(state, window, away)
        self._doubt = Doubt(state, self._calls, away)

    async def deliver(self, channel: Channel) -> bool:
        """Deliver on one channel; tell whether that counts as delivered.

        Where its provider is away the delivery is left for a later try.
        """
        if self._away.has(channel):
            return await self._once_more(channel)
        withheld = self._state.prepared.withheld.get(channel)
        if withheld is not None:
            self._state.move(channel, Outcome.SKIPPED, withheld)
            return False
        self._state.move(channel, Outcome.SENDING)
        return await self._send(channel)

    async def keep_at(self, channel: Channel) -> bool:
        """Deliver on one channel, for itself, again and again while it is away."""
        while not await self.deliver(channel):
            if not self._away.has(channel):
                return False
            if not await self._away.wait([channel]):
                self.give_up([channel])
                return self._state.outcome(channel) in _ARRIVED
        return True

    def give_up(self, channels: Iterable[Channel]) -> None:
        """End the deliveries whose providers stayed away; what is in doubt stays so."""
        for channel in channels:
            result = self._away.take(channel)
            if result is None:
                continue
            if self._state.outcome(channel) is Outcome.SENDING and self._calls.over:
                result = self._calls.stopped()
            self._state.note(channel, result)

    async def _once_more(self, channel: Channel) -> bool:
        """Try one whose provider was away; what may have been taken is asked after."""
        then = self._away.next(channel)
        if RANK[self._state.outcome(channel)] > RANK[Outcome.UNKNOWN]:
            self._away.take(channel)  # a receipt came meanwhile
            return self._state.outcome(channel) in _ARRIVED
        if then is not Next.ASK:
            return await self._send(channel, again=then is Next.REPEAT)
        found = await self._calls.ask(channel)
        if found is NOT_SENT:
            self._state.step(channel, StepKind.ASKED, StepWhy.NOT_TAKEN)
            self._state.step(channel, StepKind.REPEATED, StepWhy.NOT_TAKEN)
            return await self._send(channel, again=True)
        if found is None:
            self._away.take(channel)
        if found is None or self._away.keeps(channel, found, Next.ASK):
            return False
        self._state.step(channel, StepKind.ASKED, outcome=found.outcome)
        self._state.note(channel, found)
        return await self._counts(channel, found.askable)

    async def _send(self, channel: Channel, again: bool = False) -> bool:
        result = await self._calls.send(channel, again)
        if self._away.keeps(channel, result, Next.REPEAT if again else Next.SEND):
            doubt = result.outcome is Outcome.UNKNOWN
            shown = Outcome.UNKNOWN if doubt else Outcome.SENDING
            self._state.note(channel, evolve(result, outcome=shown))
            return False
        self._state.note(channel, result)
        if result.outcome is Outcome.UNKNOWN:
            await self._doubt.clear_up(channel, result)
        return await self._counts(channel, result.askable)

    async def _counts(self, channel: Channel, askable: bool) -> bool:
        """Tell whether the delivery counts, waiting for its receipt if it must."""
        confirm = self._state.message.confirm.get(channel)
        if confirm is None or not confirm.receipt:
            return self._state.outcome(channel) in REACHED
        if self._state.outcome(channel) is Outcome.ACCEPTED:
            limit = timedelta(seconds=confirm.within_seconds)
            await self._await_receipt(channel, limit, askable)
            self._note_wait(channel)
        return self._state.outcome(channel) in _ARRIVED

    async def _await_receipt(
        self, channel: Channel, limit: timedelta, askable: bool
    ) -> None:
        """Wait for a receipt, asking now and then where the provider can be asked.

        So a centre that no provider can call gets its receipts as well.
        """
        if not askable or not workflow.patched("poll-for-receipts"):
            await self._state.moves_past(channel, Outcome.ACCEPTED, limit)
            return
        until = workflow.now() + limit
        for pause in _pauses():
            left = until - workflow.now()
            if await self._state.moves_past(
                channel, Outcome.ACCEPTED, min(pause, left)
            ):
                return
            found = await self._calls.poll(channel)
            if found is not None:
                self._state.note(channel, found)
            if self._state.outcome(channel) is not Outcome.ACCEPTED:
                outcome = self._state.outcome(channel)
                self._state.step(channel, StepKind.ASKED, outcome=outcome)
                return
            if workflow.now() >= until:
                return

    def _note_wait(self, channel: Channel) -> None:
        """Note how a wait for the receipt ended, and what follows from it."""
        outcome = self._state.outcome(channel)
        told = None if outcome is Outcome.ACCEPTED else outcome
        self._state.step(channel, StepKind.WAITED, outcome=told)
        if outcome not in _ARRIVED:
            failed = outcome is Outcome.FAILED
            why = StepWhy.RECEIPT_FAILED if failed else StepWhy.NO_RECEIPT
            self._state.step(channel, StepKind.PASSED_OVER, why)


def _pauses() -> Iterator[timedelta]:
    """Yield the growing pauses between two questions, the last one for ever."""
    return chain(POLL_AFTER, repeat(POLL_AFTER[-1]))
