"""Connect to Temporal with the codec that every process must share."""

from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig

from core.codec import data_converter
from core.crypto import Keyring
from core.settings import Settings


async def connect(
    settings: Settings, keyring: Keyring, *, lazy: bool = False
) -> Client:
    """Return a client; with `lazy`, the first call connects.

    Each Worker would start an operating-system thread for its heartbeat, so
    with a worker per client system the heartbeat stays off.
    """
    runtime = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=None)
    return await Client.connect(
        settings.temporal,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(keyring),
        runtime=runtime,
        lazy=lazy,
    )
