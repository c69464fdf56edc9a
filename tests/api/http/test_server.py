"""`python -m api` as a process: real sockets, its log, and its end."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.api.rig import PASSWORD, problem
from tests.support.ports import free_port

ROOT = Path(__file__).parents[3]
MIB = 1024 * 1024


@dataclass
class Server:
    """A running API with no Temporal behind it."""

    port: int
    process: Process

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def raw(self, *pieces: bytes) -> bytes:
        """Send bytes as they are; return the head of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(20):
                return await reader.readline()
        except ConnectionError:
            return await reader.readline()
        finally:
            writer.close()

    async def stop(self) -> list[dict[str, object]]:
        """End it as a supervisor does; return what it logged."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = await self.process.communicate()
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    api, temporal = free_port(), free_port()
    outside = {k: v for k, v in os.environ.items() if not k.startswith("HMC_")}
    own = {
        "HMC_STATE_DIR": str(tmp_path / "var"),
        "HMC_API_PORT": str(api),
        "HMC_TEMPORAL_PORT": str(temporal),
        "HMC_ADMIN_PASSWORD": PASSWORD,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api"),
        cwd=ROOT,
        env=outside | own,
        stdout=PIPE,
        stderr=None,
    )
    running = Server(api, process)
    try:
        await until_live(running)
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until_live(server: Server) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=server.url) as http:
        while server.process.returncode is None:
            try:
                if (await http.get("/health/live")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    out, _ = await server.process.communicate()
    raise AssertionError(f"the API ended while starting: {out.decode()}")


def status(line: bytes) -> int:
    return int(line.split()[1])


HEAD = b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


async def test_it_serves_through_abuse_and_ends_when_told(server: Server) -> None:
    many = b"".join(b"X-%d: v\r\n" % n for n in range(10_000))
    assert status(await server.raw(HEAD + many + b"\r\n")) in (400, 431)
    assert status(await server.raw(HEAD + b"X: " + b"y" * MIB + b"\r\n\r\n")) == 400
    huge = b"Content-Length: 52428800\r\n\r\n"
    assert status(await server.raw(HEAD + huge)) == 413
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    endless = [b"10000\r\n" + b"x" * 0x10000 + b"\r\n"] * 3
    assert status(await server.raw(HEAD + chunked, *endless)) == 413
    assert status(await server.raw(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")) == 400

    async with httpx.AsyncClient(base_url=server.url) as http:
        known = {"username": "admin", "password": PASSWORD}
        token = (await http.post("/v1/session", json=known)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.get("/v1/messages?recipient=13800138000", headers=headers)
        assert answer.json() == {"items": [], "next": None}
        assert problem(await http.get("/health/ready"), 503)["missing"] == ["temporal"]
        problem(await http.get("/v1/messages/x", headers=headers), 404)
        large = {"Content-Type": "application/json"}
        for path, wanted in (("/v1/batches", 401), ("/v1/receipts/sms/x", 404)):
            body = b"[" + b"{}," * (MIB // 4)
            problem(await http.post(path, content=body, headers=large), wanted)

    log = await server.stop()
    # The server ends itself by the signal it was told to end with.
    assert server.process.returncode in (0, -signal.SIGTERM)
    requests = [line for line in log if line["event"] == "request"]
    assert {"method", "route", "status", "ms", "request_id"} <= requests[-1].keys()
    text = json.dumps(log)
    for secret in ("13800138000", "recipient=", PASSWORD, token):
        assert secret not in text
