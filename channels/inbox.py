"""The inbox: our own, so a deposit is a delivery."""

import asyncio
from datetime import timedelta
from typing import ClassVar, Protocol

from channels.base import Sending, Taken
from channels.codes import refusal
from channels.http import CALL_SECONDS
from core.errors import MessageCentreError, OutcomeUnknown, ProviderDown
from core.words import Channel


class Deposit(Protocol):
    """Keeps a message for its reader; twice with one sending's id keeps it once."""

    async def __call__(self, sending: Sending) -> None: ...


class InboxSender:
    """Puts messages into the recipient's inbox."""

    channel: ClassVar[Channel] = Channel.INBOX
    provider: ClassVar[str] = "inbox"
    # Deposits never lapse, so a repeat is always dropped.
    dedupe_window: ClassVar[timedelta | None] = timedelta(days=36500)

    def __init__(self, deposit: Deposit) -> None:
        self._deposit = deposit

    async def send(self, sending: Sending) -> Taken:
        """Deposit one message."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._deposit(sending)
        except MessageCentreError:
            raise
        except TimeoutError:
            raise refusal(self.provider, OutcomeUnknown, code="timeout") from None
        except Exception as error:
            # A database's errors quote the values they failed on: only the
            # class goes on. A repeat is safe, so "not taken" may be said.
            name = type(error).__name__
            raise refusal(self.provider, ProviderDown, code=name) from None
        return Taken(
            provider=self.provider,
            provider_message_id=str(sending.id),
            delivered=True,
        )
