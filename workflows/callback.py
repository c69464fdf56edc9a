"""Tell a client system how its message ended, however long it is away."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.models import Notice
    from activities.notify import NotifyActivities
    from core.codec import Summary
    from workflows.options import NOTIFY


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
