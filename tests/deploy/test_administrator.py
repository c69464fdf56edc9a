"""Signing in as the administrator: a refusal says what to change."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from centre.access.sign_ins import CODE_NEEDED
from core.settings import Settings
from deploy.administrator import as_administrator
from deploy.credentials import password_file
from deploy.remote import Refused


@asynccontextmanager
async def refusing(detail: str) -> AsyncIterator[int]:
    """Answer every request with a 401 of this detail; give the port."""
    body = json.dumps({"title": "Unauthenticated", "detail": detail}).encode()
    head = (
        f"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def refusal(settings: Settings) -> str:
    with pytest.raises(Refused) as refused:
        async with as_administrator(settings):
            pass
    assert "hunter2" not in str(refused.value)
    return str(refused.value)


async def test_the_kept_password_that_is_refused_is_named_by_its_file(
    tmp_path: Path,
) -> None:
    password_file(tmp_path).write_text("hunter2")
    async with refusing("User name, password or code is wrong.") as port:
        told = await refusal(Settings(state_dir=tmp_path, api_port=port))
    assert "password or code is wrong" in told
    assert f"taken from {tmp_path}/admin-password" in told
    assert "give the present one in HMC_ADMIN_PASSWORD" in told


async def test_a_given_password_that_is_refused_is_named_by_its_variable(
    tmp_path: Path,
) -> None:
    async with refusing("User name, password or code is wrong.") as port:
        told = await refusal(
            Settings(state_dir=tmp_path, admin_password="hunter2", api_port=port)
        )
    assert "taken from HMC_ADMIN_PASSWORD" in told
    assert "admin-password" not in told


async def test_a_second_factor_is_told_plainly(tmp_path: Path) -> None:
    password_file(tmp_path).write_text("hunter2")
    async with refusing(CODE_NEEDED) as port:
        told = await refusal(Settings(state_dir=tmp_path, api_port=port))
    assert "second factor's code" in told
    assert "taken from" not in told
