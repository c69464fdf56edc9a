"""How long a person waits for the messages page: Chromium over a full database."""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
from playwright.async_api import async_playwright, expect

from deploy.supervision.processes import ROOT
from tests.support.console.rig import FLAGS, ready, signed_in
from tests.support.ports import free_port

_PASSWORD = "correct horse battery staple"
_START_SECONDS = 60
_WAIT_MS = 30_000


async def first_pages(database: str, times: int) -> list[float]:
    """Return how many ms it took until the messages stood there; the first is cold."""
    async with _web(database) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            headless=True,
            args=list(FLAGS),
        )
        context = await browser.new_context(base_url=url)
        context.set_default_timeout(_WAIT_MS)
        page = await context.new_page()
        await signed_in(page, password=_PASSWORD)
        took = []
        for _ in range(times):
            began = time.perf_counter()
            await page.goto("/console/messages")
            row = page.locator(".hmc-listing tbody tr").first
            await expect(row).to_be_visible(timeout=_WAIT_MS)
            took.append((time.perf_counter() - began) * 1000)
            await ready(page)
        await browser.close()
        return took


@asynccontextmanager
async def _web(database: str) -> AsyncIterator[str]:
    """Run the API with its console; nobody needs Temporal to look messages up."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="hmc-messages-page-") as state:
        settings = {
            "HMC_STATE_DIR": state,
            "HMC_DATABASE_URL": database,
            "HMC_API_PORT": str(port),
            "HMC_TEMPORAL_ADDRESS": "127.0.0.1:1",
            "HMC_ADMIN_PASSWORD": _PASSWORD,
        }
        outside = {k: v for k, v in os.environ.items() if not k.startswith("HMC_")}
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "web.py"),
            cwd=ROOT,
            env=outside | settings,
            stdin=DEVNULL,
            stdout=DEVNULL,
        )
        try:
            await _until_alive(url)
            yield url
        finally:
            server.terminate()
            await server.wait()


async def _until_alive(url: str) -> None:
    async with asyncio.timeout(_START_SECONDS), httpx.AsyncClient() as http:
        while True:
            with suppress(httpx.HTTPError):
                if (await http.get(f"{url}/health/live")).is_success:
                    return
            await asyncio.sleep(0.1)
