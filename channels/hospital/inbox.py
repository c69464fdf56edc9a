"""The inbox: our own, so a deposit is a delivery."""

from datetime import timedelta
from typing import ClassVar

from channels.base import Acceptance, Deposit, Sending
from channels.kit.keeping import shield
from core.words import Channel


class InboxSender:
    """Puts messages into the recipient's inbox."""

    channel: ClassVar[Channel] = Channel.INBOX
    provider: ClassVar[str] = "inbox"
    # Deposits never lapse, so a repeat is always dropped.
    dedupe_window: ClassVar[timedelta | None] = timedelta(days=36500)

    def __init__(self, deposit: Deposit) -> None:
        self._deposit = deposit

    async def send(self, sending: Sending) -> Acceptance:
        """Deposit one message."""
        await shield(self.provider, self._deposit(sending))
        return Acceptance(
            provider=self.provider,
            provider_message_id=str(sending.id),
            delivered=True,
        )
