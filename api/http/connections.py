"""A caller's HTTP/1.1 connection: the server's own, with two things it lacks.

Who opens one and does not say in time what is wanted is given up: the server bounds
only the pause after an answer. What is no HTTP gets a problem document, as
everything else does.
"""

import asyncio
from typing import ClassVar
from uuid import uuid4

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.problems import problem_of
from core.errors import Malformed


class Connection(H11Protocol):
    """One connection; `head_seconds` is how long a request's head may take."""

    head_seconds: ClassVar[float] = 10.0
    _giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._calm()

    def data_received(self, data: bytes) -> None:
        """Take in what came; a head that is not whole is waited for from its start."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._watch()
        else:
            self._calm()

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be read, and close."""
        answer = problem_of(Malformed("This is no HTTP request."), str(uuid4()))
        headers = [*answer.raw_headers, (b"connection", b"close")]
        begun = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (begun, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        if self._giving_up is None:
            close = self.transport.close
            self._giving_up = self.loop.call_later(self.head_seconds, close)

    def _calm(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
