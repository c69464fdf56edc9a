"""The stages of one run, one after the other, and again where providers are away."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from itertools import chain

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from core.words import Channel, Priority
    from workflows.away import Away
    from workflows.delivery import DeliveryRun
    from workflows.due import Due
    from workflows.ledger import Ledger

Stage = tuple[Channel, ...]


class Stages:
    """Runs a plan until a stage has delivered.

    Other channels need not wait for a provider that is away: their turn comes at
    once, and it is tried again only where they reach nobody. Each channel of a
    critical message is kept at for itself, also once another has delivered: see
    `rest`.
    """

    def __init__(
        self,
        ledger: Ledger,
        run: DeliveryRun,
        away: Away,
        due: Due,
        record: Callable[[], Awaitable[None]],
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._away = away
        self._due = due
        self._record = record
        self._each: dict[Channel, asyncio.Task[bool]] = {}

    async def deliver(self) -> bool:
        """Run the plan; tell whether a stage has delivered."""
        delivered = await self._deliver_in_turn() or await self._deliver_late()
        if not self._each:
            self._run.give_up(self._ledger.doc.plan.channels)
        return delivered

    @property
    def missed(self) -> Collection[Channel]:
        """The channels whose provider was away when it was last tried."""
        return self._away.missed

    async def rest(self) -> None:
        """Wait for what a critical message goes on with."""
        await asyncio.gather(*self._each.values())

    async def _deliver_in_turn(self) -> bool:
        for number, stage in enumerate(self._ledger.doc.plan.stages):
            if number and self._due.stopped:
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
        while (stages := self._away.stages) and not self._due.stopped:
            if not await self._away.wait(tuple(chain(*stages))):
                break
            waited = True
            for stage in stages:
                if self._due.stopped or await self._try(stage):
                    return not self._due.stopped
        return waited and self._ledger.confirmed

    async def _try(self, stage: Stage) -> bool:
        """Try a stage once; tell whether one of its channels has delivered."""
        if self._ledger.message.priority is not Priority.CRITICAL:
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
