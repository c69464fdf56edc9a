"""Temporal's namespace as the centre needs it: there, searchable, kept for 72 h."""

import asyncio
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from core import search_attributes as search
from core.process.faults import CannotStart

# How long a closed workflow stays: the answer to a repeated Idempotency-Key
# (at least 24 h) and the resend of a failed message live on it.
RETENTION = timedelta(hours=72)
_PAUSE = 0.1
_KNOWN_SECONDS = 60


async def wait_for_temporal(address: str, limit: timedelta) -> Client:
    """Return a client once Temporal serves at this address."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await _connect(address)
    except TimeoutError:
        raise CannotStart(
            f"Temporal does not answer at {address} after {limit.seconds} s."
        ) from None


async def _connect(address: str) -> Client:
    while True:
        try:
            return await Client.connect(address)
        except (RuntimeError, RPCError):
            await asyncio.sleep(_PAUSE)


async def ensure_namespace(client: Client, namespace: str) -> None:
    """Create what is missing: the namespace, and our search attributes in it."""
    if not await _exists(client, namespace):
        await _register(client, namespace)
    defined = await _search_attributes(client, namespace)
    missing = {key.name for key in search.ALL} - defined
    if missing:
        await add_search_attributes(client, namespace, missing)


async def _search_attributes(client: Client, namespace: str) -> set[str]:
    """Return the names defined; a new namespace is known after 10 s or so."""
    request = ListSearchAttributesRequest(namespace=namespace)
    async with asyncio.timeout(_KNOWN_SECONDS):
        while True:
            try:
                listed = await client.operator_service.list_search_attributes(request)
                return set(listed.custom_attributes)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            await asyncio.sleep(_PAUSE)


async def _exists(client: Client, namespace: str) -> bool:
    request = DescribeNamespaceRequest(namespace=namespace)
    try:
        await client.workflow_service.describe_namespace(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def _register(client: Client, namespace: str) -> None:
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=namespace, workflow_execution_retention_period=_duration()
        )
    )


async def add_search_attributes(
    client: Client, namespace: str, names: set[str]
) -> None:
    """Define search attributes; all of ours are keywords."""
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=namespace,
            search_attributes=dict.fromkeys(names, keyword),
        )
    )


async def keep_closed_workflows(client: Client, namespace: str) -> None:
    """Set the retention; the dev server's own is 24 h."""
    config = NamespaceConfig(workflow_execution_retention_ttl=_duration())
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=namespace, config=config)
    )


async def retention(client: Client, namespace: str) -> timedelta:
    """Return how long a closed workflow stays."""
    answer = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=namespace)
    )
    kept: timedelta = answer.config.workflow_execution_retention_ttl.ToTimedelta()
    return kept


def _duration() -> Duration:
    return Duration(seconds=int(RETENTION.total_seconds()))
