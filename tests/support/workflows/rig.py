"""Workers and starts for workflow tests, with the codec of the real thing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowHandle,
)
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.failures import FailureInterceptor
from core import search_attributes as search
from core.codec import data_converter
from core.crypto import Keyring
from core.models import Message, MessageStatus, task_queue
from serving import WORKFLOWS
from tests.support.workflows.fakes import FakeActivities
from workflows.client import TemporalFlows
from workflows.message import DeliverMessage

KEYRING = Keyring(
    keys={"test": b"k" * 32}, current="test", index_key=b"i" * 32, token_key=b"t" * 32
)


def encrypting(client: Client) -> Client:
    """Return the same client, with our codec."""
    config = client.config()
    config["data_converter"] = data_converter(KEYRING)
    return Client(**config)


async def know_search_attributes(client: Client) -> None:
    """Register our search attributes where the server does not have them."""
    wanted = AddSearchAttributesRequest(
        namespace=client.namespace,
        search_attributes=dict.fromkeys(
            (key.name for key in search.ALL),
            IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        ),
    )
    with suppress(RPCError):
        await client.operator_service.add_search_attributes(wanted)


@asynccontextmanager
async def serving(
    client: Client, fakes: FakeActivities, cached: int = 1000
) -> AsyncIterator[None]:
    """Serve client `his` in the workflow sandbox, with scripted activities."""
    await know_search_attributes(client)
    async with Worker(
        encrypting(client),
        task_queue=task_queue("his"),
        workflows=WORKFLOWS,
        activities=fakes.all,  # type: ignore[arg-type]
        interceptors=[FailureInterceptor()],
        max_cached_workflows=cached,
    ):
        yield


class _Handles(Interceptor, OutboundInterceptor):
    """Keeps the handle of what is started: only that one lets time skip."""

    def __init__(self) -> None:
        self.last: WorkflowHandle[Any, Any] | None = None

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        self.next = next
        return self

    async def start_workflow(
        self, input: StartWorkflowInput
    ) -> WorkflowHandle[Any, Any]:
        self.last = await self.next.start_workflow(input)
        return self.last


async def begin(
    client: Client, message: Message
) -> WorkflowHandle[DeliverMessage, MessageStatus]:
    """Start a message the way an edge does."""
    handles = _Handles()
    config = encrypting(client).config()
    config["interceptors"] = [handles, *config["interceptors"]]
    await TemporalFlows(Client(**config)).start(message)
    assert handles.last is not None
    return handles.last
