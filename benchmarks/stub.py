"""A provider that takes everything: `python -m benchmarks.stub PORT [SECONDS]`.

It speaks WeChat's format as far as our sender needs it and costs next to
nothing, so that what is measured is not the sandbox. It answers at once, or after
so many seconds; a message has arrived before that. `GET /arrivals` streams a
line `client_msg_id time` for each message it has taken since.
"""

import asyncio
import json
import sys
import time

TOKEN = {"access_token": "stub", "expires_in": 7200}


class Stub:
    """Answers requests, and tells whoever listens what has arrived."""

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay
        self._taken = 0
        self._listeners: set[asyncio.StreamWriter] = set()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection until it is closed."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(content_length(head))
                if head.startswith(b"GET /arrivals"):
                    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    self._listeners.add(writer)
                else:
                    taken = self._take(head, body)
                    await asyncio.sleep(self._delay)
                    writer.write(answer(taken))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._listeners.discard(writer)
            writer.close()

    def _take(self, head: bytes, body: bytes) -> dict[str, object]:
        if head.startswith(b"POST /cgi-bin/stable_token"):
            return dict(TOKEN)
        line = f"{json.loads(body)['client_msg_id']} {time.monotonic()}\n".encode()
        for listener in self._listeners:
            listener.write(line)
        self._taken += 1
        return {"errcode": 0, "errmsg": "ok", "msgid": self._taken}


def content_length(head: bytes) -> int:
    """Return the length of the body that follows a request's head."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def answer(document: dict[str, object]) -> bytes:
    """Return an HTTP answer."""
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(port: int, delay: float) -> None:
    """Serve until the process is ended."""
    stub = Stub(delay)
    server = await asyncio.start_server(stub.serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float((sys.argv[2:] or ["0"])[0])))
