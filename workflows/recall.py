"""Take one message back: off screens and out of inboxes, and say so where it can't."""

import asyncio
from uuid import UUID

from temporalio import workflow
from temporalio.common import Priority as TaskPriority
from temporalio.exceptions import ActivityError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.recall import RecallActivities
    from centre.delivery.contracts import (
        Correction,
        RecallNote,
        SentDelivery,
        WithdrawTask,
    )
    from core import search_attributes as search
    from core.base import evolve
    from core.codec import Summary
    from core.models import RecallOrder, workflow_id
    from core.words import Channel
    from workflows.message import DeliverMessage
    from workflows.options import AFTER_MESSAGE, STORE, WITHDRAW


@workflow.defn
class RecallMessage:
    """Takes one message back; its workflow id is `recall-<message id>`."""

    @workflow.run
    async def run(self, order: RecallOrder) -> None:
        out = await self._out(order)
        withdrawn = await asyncio.gather(*(self._withdraw(order, d) for d in out))
        taken = tuple(d.channel for d, gone in zip(out, withdrawn, strict=True) if gone)
        left = tuple(d.channel for d in out if d.channel not in taken)
        corrected = await self._correct(order, left) if left else None
        recall = evolve(order.recall, correction=corrected)
        note = RecallNote(message_id=order.message_id, recall=recall, withdrawn=taken)
        await workflow.execute_local_activity_method(
            RecallActivities.note_recall,
            note,
            **(STORE | {"summary": Summary("record the recall")}),
        )

    async def _out(self, order: RecallOrder) -> tuple[SentDelivery, ...]:
        """Return what is out, once nothing more goes out."""
        seen = await workflow.execute_activity_method(
            RecallActivities.what_is_out,
            order,
            **(AFTER_MESSAGE | {"summary": Summary("see what is out")}),
        )
        return seen.deliveries

    async def _withdraw(self, order: RecallOrder, out: SentDelivery) -> bool:
        """Take one delivery back; what its channel can't, stays where it is."""
        task = WithdrawTask(message_id=order.message_id, out=out)
        try:
            return await workflow.execute_activity_method(
                RecallActivities.withdraw,
                task,
                **(WITHDRAW | {"summary": Summary(f"{out.channel}, take it back")}),
            )
        except ActivityError:
            return False

    async def _correct(
        self, order: RecallOrder, left: tuple[Channel, ...]
    ) -> UUID | None:
        """Send the correction to the channels that keep the message."""
        message = await workflow.execute_activity_method(
            RecallActivities.correction,
            Correction(message_id=order.message_id, channels=left),
            **(WITHDRAW | {"summary": Summary("make the correction")}),
        )
        if message is None:
            return None
        await workflow.start_child_workflow(
            DeliverMessage.run,
            message,
            id=workflow_id(message.id),
            parent_close_policy=ParentClosePolicy.ABANDON,
            search_attributes=search.attributes(message),
            static_summary=Summary(f"{message.type} from {message.client}"),
            priority=TaskPriority(priority_key=message.priority.key),
        )
        return message.id
