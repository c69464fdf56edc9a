"""What the channels share whose provider is the centre itself: its own store."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from channels.kit.codes import refusal
from channels.kit.http import CALL_SECONDS
from core.errors import MessageCentreError, OutcomeUnknown, ProviderDown

T = TypeVar("T")


async def shield(provider: str, work: Awaitable[T]) -> T:
    """Return what was written, within a call's time; a DeliveryError else."""
    try:
        async with asyncio.timeout(CALL_SECONDS):
            return await work
    except MessageCentreError:
        raise
    except TimeoutError:
        raise refusal(provider, OutcomeUnknown, code="timeout") from None
    except Exception as error:
        # A database's errors quote the values they failed on: only the class
        # goes on. A repeat is safe, so "not taken" may be said.
        name = type(error).__name__
        raise refusal(provider, ProviderDown, code=name) from None
