"""Tell a client system how its message ended, however long it is away."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.notify import NotifyActivities
    from centre.delivery.contracts import Notice
    from core.codec import Summary
    from core.models import Message, MessageStatus
    from workflows.options import NOTIFY


def notice_of(message: Message, doc: MessageStatus) -> Notice:
    """Return what a client is told of a message's end."""
    return Notice(
        message_id=message.id,
        client=message.client,
        reference=message.reference,
        status=doc.status,
        run=doc.run,
        priority=message.priority,
    )


def notice_id(notice: Notice) -> str:
    """Return the id of the workflow that tells: one for each end of each run."""
    return f"notice-{notice.message_id}-{notice.run}-{notice.status}"


@workflow.defn
class TellClient:
    """Posts one status change to the client's callback address."""

    @workflow.run
    async def run(self, notice: Notice) -> bool:
        """Return whether the client took it."""
        try:
            await workflow.execute_activity_method(
                NotifyActivities.notify,
                notice,
                **(NOTIFY | {"summary": Summary(notice.status)}),
            )
        except ActivityError:
            return False
        return True
