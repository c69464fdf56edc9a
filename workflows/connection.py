"""Temporal: connected to with the codec that every process shares, or away."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError

from core.codec import data_converter
from core.crypto import Keyring
from core.errors import Unavailable
from core.settings import Settings

# Each call has a shorter time-out of its own; this one holds for connecting too.
_LONGEST = timedelta(seconds=7)
_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


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


def reaching(
    call: Callable[_Given, Awaitable[_Answer]],
) -> Callable[_Given, Coroutine[Any, Any, _Answer]]:
    """Turn the ways in which Temporal can't be reached into Unavailable.

    The SDK raises RuntimeError where a lazy client can't connect.
    """

    @wraps(call)
    async def reached(*args: _Given.args, **given: _Given.kwargs) -> _Answer:
        try:
            async with asyncio.timeout(_LONGEST.total_seconds()):
                return await call(*args, **given)
        except (TimeoutError, RPCError, RuntimeError, OSError) as error:
            refused = "connect" in str(error).lower()
            if isinstance(error, RuntimeError) and not refused:
                raise
            text = "Temporal does not answer; nothing was changed."
            raise Unavailable(text) from None

    return reached
