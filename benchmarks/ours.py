"""Our side: the centre's own processes, and messages its first channel delivers."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.client import Client, WorkflowHandle
from uuid_utils.compat import uuid7

from benchmarks.arrivals import Arrivals
from benchmarks.measure import Timing
from benchmarks.rig import Rig
from centre.catalog import type_queries
from centre.messages.acceptance import MessageRequest, RecipientRequest, Sender, accept
from core.crypto import load_keyring
from core.models import Message, MessageStatus, delivery_id, workflow_id
from core.policies import MessageType
from core.settings import Settings
from core.words import Channel, IdentityType
from db.store import open_store
from deploy.prepare import prepare
from deploy.supervision import processes
from deploy.up import api_url, until_ready
from workflows.client import Handle, TemporalFlows
from workflows.connection import connect
from workflows.message import DeliverMessage

CLIENT, TYPE = "his", "registration-success"


def request() -> MessageRequest:
    """Return the paper's booking notice to somebody with two addresses.

    WeCom has none, so the patient index is asked for it, as it often is.
    """
    return MessageRequest(
        type=TYPE,
        recipient=RecipientRequest(
            identities={
                IdentityType.WECHAT_OPENID: "o" * 28,
                IdentityType.MOBILE: "+8613812345678",
            }
        ),
        params={
            "patient_name": "张三",
            "department": "心血管内科",
            "doctor": "李四",
            "visit_time": "2026年8月1日 09:00",
            "queue_no": "12",
        },
    )


def key_of(message_id: UUID) -> str:
    """Return what the provider stub knows a message by."""
    return delivery_id(message_id, Channel.WECHAT, 1).hex


class Ours:
    """Starts messages as the API does, and waits for their workflows."""

    def __init__(
        self, client: Client, message_type: MessageType, arrivals: Arrivals
    ) -> None:
        self._client = client
        self._kind = message_type
        self._arrivals = arrivals
        self._last: WorkflowHandle[DeliverMessage, MessageStatus] | None = None

    def _message(self) -> Message:
        return accept(
            request(),
            Sender(CLIENT),
            self._kind,
            message_id=uuid7(),
            now=datetime.now(UTC),
            resend_window=timedelta(hours=72),
        )

    async def one(self) -> Timing:
        """Send one message."""
        message = self._message()
        began = time.monotonic()
        await TemporalFlows(self._client).start(message)
        handle: Handle = self._client.get_workflow_handle_for(
            DeliverMessage.run, workflow_id(message.id)
        )
        status = await handle.result()
        ended = time.monotonic()
        if status.status != "delivered":
            raise RuntimeError(f"a message ended as {status.status}")
        self._last = handle
        return Timing(began, await self._arrivals.of(key_of(message.id)), ended)

    async def events(self) -> int | None:
        """Return how many events the history of the last one has."""
        if self._last is None:
            return None
        return len([event async for event in self._last.fetch_history_events()])


async def start_centre(rig: Rig, settings: Settings) -> None:
    """Run the worker and the API of a centre whose provider is the stub."""
    await prepare(settings)
    await rig.start_ours("worker", settings, *processes.WORKER)
    await rig.start_ours("api", settings, *processes.API)
    await until_ready(api_url(settings))


async def message_type(settings: Settings) -> MessageType:
    """Return the message type as the API reads it."""
    store = open_store(settings.database, load_keyring(settings.keys_file))
    try:
        async with store.sessions() as session:
            kind = await type_queries.find_message_type(session, TYPE)
    finally:
        await store.close()
    assert kind is not None
    return kind


async def ours(settings: Settings, arrivals: Arrivals) -> Ours:
    """Return our contender for a running centre."""
    client = await connect(settings, load_keyring(settings.keys_file))
    return Ours(client, await message_type(settings), arrivals)
