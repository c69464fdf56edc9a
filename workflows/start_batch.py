"""Start and steer the workflow of a batch."""

from uuid import UUID

from temporalio.client import Client
from temporalio.common import Priority as TaskPriority
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from centre.flows.batches import Batch, Steering
from core.codec import Summary
from core.errors import Unavailable
from core.models import task_queue
from core.words import Priority
from workflows.batch import BatchOrder, DeliverBatch
from workflows.options import RPC_WAIT


async def start_batch(client: Client, batch: Batch) -> None:
    """Start a batch; the same id twice starts it once.

    Its own few steps go before its messages: an order to stop is heard.
    """
    try:
        await client.start_workflow(
            DeliverBatch.run,
            BatchOrder(batch_id=batch.id),
            id=_id(batch.id),
            task_queue=task_queue(batch.client),
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=Summary(f"{batch.count} of {batch.type}, {batch.client}"),
            priority=TaskPriority(priority_key=Priority.NORMAL.key),
            rpc_timeout=RPC_WAIT,
        )
    except WorkflowAlreadyStartedError:
        return
    except RPCError:
        raise Unavailable("Temporal does not answer; nothing was accepted.") from None


async def steer_batch(client: Client, batch_id: UUID, steering: Steering) -> None:
    """Tell a batch how it is driven; one that is over has nothing to hear."""
    handle = client.get_workflow_handle_for(DeliverBatch.run, _id(batch_id))
    try:
        await handle.signal(DeliverBatch.steer, steering, rpc_timeout=RPC_WAIT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise Unavailable("Temporal does not answer.") from None


def _id(batch_id: UUID) -> str:
    return f"batch-{batch_id}"
