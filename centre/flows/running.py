"""Messages under way as Temporal lists them, by their search attributes."""

from datetime import UTC, datetime
from uuid import UUID

from temporalio.client import Client, WorkflowExecution

from core import search_attributes as search
from core.base import Model
from core.words import Priority, Status

_PREFIX = "message-"
_PAGE = 200


class RunningMessage(Model):
    """A message whose workflow runs, known by its search attributes alone."""

    id: UUID
    client: str
    type: str
    priority: Priority
    started_at: datetime


async def running_messages(
    client: Client, before: datetime, most: int
) -> tuple[RunningMessage, ...]:
    """Return messages started before then that have no other status yet.

    A workflow states its status when it is scheduled and when it ends; until
    then, begun by a worker or not, it is listed as accepted.
    """
    query = (
        f"ExecutionStatus = 'Running' AND {search.STATUS.name} = '{Status.ACCEPTED}'"
        f" AND StartTime < '{before.astimezone(UTC).isoformat()}'"
    )
    listed = client.list_workflows(query, page_size=_PAGE, limit=most)
    found = [_message(execution) async for execution in listed]
    return tuple(message for message in found if message is not None)


def _message(execution: WorkflowExecution) -> RunningMessage | None:
    given = execution.typed_search_attributes
    if not execution.id.startswith(_PREFIX):
        return None
    return RunningMessage(
        id=UUID(execution.id.removeprefix(_PREFIX)),
        client=given[search.CLIENT],
        type=given[search.TYPE],
        priority=Priority(given[search.PRIORITY]),
        started_at=execution.start_time,
    )
