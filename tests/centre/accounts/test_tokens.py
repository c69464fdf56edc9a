"""Access tokens in the store: sealed, and refreshed once for all processes."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from centre.accounts.tokens import SharedTokens
from channels.kit.http import open_http
from channels.kit.tokens import Token
from channels.provider import SandboxPorts
from channels.weixin.service_account import WechatAccount, WechatSender
from core.clock import utc_now
from core.words import Channel
from db.store import Store, open_store
from sandbox.app import create_sandbox
from sandbox.kit.context import Options
from sandbox.server import running
from tests.support.channels.fakes import sending
from tests.support.stores.files import migrated_file
from tests.support.stores.rig import KEYRING

EACH = 100
MARKER = "marker-of-a-token"


@pytest.fixture
async def url(tmp_path: Path) -> str:
    return await migrated_file(tmp_path / "centre.db")


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = open_store(url, KEYRING)
    yield opened
    await opened.close()


def token(value: str, **left: float) -> Token:
    """Return a token that is to be renewed when so much time has gone."""
    renew_at = utc_now() + timedelta(**left)
    return Token(value, renew_at, renew_at + timedelta(minutes=5), utc_now())


async def test_a_token_comes_back_whole_and_is_kept_sealed(store: Store) -> None:
    here, there = SharedTokens(store), SharedTokens(store)
    assert await here.get("wechat:wx1") is None
    await here.put("wechat:wx1", token("old", hours=1))
    await here.put("wechat:wx1", kept := token(MARKER, hours=2))
    assert await there.get("wechat:wx1") == kept
    assert await there.get("wechat:wx2") is None
    async with store.sessions() as session:
        rows = (await session.exec(text("SELECT * FROM provider_tokens"))).all()  # type: ignore[call-overload]
    assert len(rows) == 1
    assert MARKER not in str(rows)
    assert "wx1" not in str(rows)


async def test_one_process_has_the_turn_until_it_gives_it_back(store: Store) -> None:
    here, there = SharedTokens(store), SharedTokens(store)
    assert await here.take_turn("wechat:wx1")
    assert not await there.take_turn("wechat:wx1")
    assert await there.take_turn("wechat:wx2")
    await there.end_turn("wechat:wx1")  # not its own
    assert not await there.take_turn("wechat:wx1")
    await here.end_turn("wechat:wx1")
    assert await there.take_turn("wechat:wx1")


@pytest.mark.parametrize("left", [timedelta(hours=1), -timedelta(hours=1)])
async def test_two_hundred_sends_of_two_processes_refresh_an_expired_token_once(
    url: str, store: Store, left: timedelta
) -> None:
    expired = token("gone", seconds=left.total_seconds())
    shared = SharedTokens(store)
    await shared.put("wechat:sandbox", Token("gone", expired.renew_at, utc_now()))
    with running(create_sandbox(Options(smtp_port=0, receipt_after=0))) as ports:
        async with httpx.AsyncClient(base_url=ports.url, trust_env=False) as control:
            spawn = multiprocessing.get_context("spawn")
            both = [
                spawn.Process(target=_send_many, args=(url, ports.url))
                for _ in range(2)
            ]
            for process in both:
                process.start()
            for process in both:
                await asyncio.to_thread(process.join, 30)
            assert [process.exitcode for process in both] == [0, 0]
            fetched = (await control.get("/_sandbox/tokens")).json()
            query = {"channel": "wechat"}
            answer = await control.get("/_sandbox/messages", params=query)
    assert fetched["wechat"] == 1
    assert len(answer.json()["items"]) == 2 * EACH


def _send_many(url: str, sandbox: str) -> None:
    asyncio.run(_send(url, sandbox))


async def _send(url: str, sandbox: str) -> None:
    """Send at once with the token that all processes share."""
    store = open_store(url, KEYRING)
    account = WechatAccount.sandbox(SandboxPorts(sandbox, 0))
    async with open_http() as http:
        sender = WechatSender(account, http, SharedTokens(store))
        whole = [sending(Channel.WECHAT, id=_id(n)) for n in range(EACH)]
        await asyncio.gather(*(sender.send(one) for one in whole))
    await store.close()


def _id(number: int) -> str:
    process = multiprocessing.current_process().pid or 0
    return f"{process:08x}-0000-7000-8000-{number:012x}"
