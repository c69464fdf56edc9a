"""Runs a sandbox: as a process, or in a thread of a test's."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from sandbox.app import Sandbox

_START_SECONDS = 10.0


@dataclass(frozen=True)
class Ports:
    """Where a running sandbox listens."""

    http: int
    smtp: int | None
    cmpp: int | None = None
    smpp: int | None = None

    @property
    def url(self) -> str:
        """The base address of every HTTP provider."""
        return f"http://127.0.0.1:{self.http}"


def server(app: Sandbox, port: int) -> uvicorn.Server:
    """Return the server of a sandbox; a held connection does not delay its stop."""
    config = uvicorn.Config(
        app,
        host=app.desk.options.host,
        port=port,
        backlog=4096,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
        ws="none",
    )
    return uvicorn.Server(config)


@contextlib.contextmanager
def running(app: Sandbox, port: int = 0) -> Iterator[Ports]:
    """Run it in a thread, on a free port where none is given."""
    uvicorn_server = server(app, port)
    thread = threading.Thread(target=_run, args=[uvicorn_server], name="sandbox")
    thread.start()
    try:
        until = time.monotonic() + _START_SECONDS
        while not uvicorn_server.started:
            if not thread.is_alive() or time.monotonic() > until:
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.01)
        address = uvicorn_server.servers[0].sockets[0].getsockname()
        yield Ports(address[1], app.mail.port, app.cmpp.port, app.smpp.port)
    finally:
        uvicorn_server.should_exit = True
        thread.join()


def _run(uvicorn_server: uvicorn.Server) -> None:
    # A start that fails has been logged; uvicorn would end the process.
    with contextlib.suppress(SystemExit):
        uvicorn_server.run()
