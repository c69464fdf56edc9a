"""Workstation pop-ups over the centre's own WebSockets (docs/workstations.md).

A pop-up is kept for every workstation of the address until it is shown or has
expired, so a screen that is off for a while misses nothing. An address that no
workstation of ours has goes to the hospital's own gateway, where there is one.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from channels.base import Acceptance, Post, Sender, Sending
from channels.kit.codes import refusal
from channels.kit.keeping import shield
from core.errors import RecipientRefused
from core.words import Channel

SOCKET = "socket"


class SocketSender:
    """Shows pop-ups on the centre's own workstations, or hands them on.

    `provider` is the channel's as the attempts name it; what was used stands in
    the answer.
    """

    channel: ClassVar[Channel] = Channel.WORKSTATION
    provider: ClassVar[str] = "workstation"
    # A pop-up is kept once per workstation; the gateway drops repeats for a day.
    dedupe_window: ClassVar[timedelta | None] = timedelta(hours=24)

    def __init__(self, post: Post, gateway: Callable[[], Sender | None]) -> None:
        self._post = post
        self._gateway = gateway

    async def send(self, sending: Sending) -> Acceptance:
        """Keep a pop-up for its workstations; accepted until one has shown it."""
        if await shield(SOCKET, self._post(sending)):
            return Acceptance(provider=SOCKET, provider_message_id=str(sending.id))
        gateway = self._gateway()
        if gateway is None:
            raise refusal(SOCKET, RecipientRefused, code="no_workstation")
        return await gateway.send(sending)
