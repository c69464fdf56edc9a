"""Fixtures of the console's tests: Chromium, and pages that are watched.

After each test the page maker fails it where a page asked another host for
something, raised a JavaScript error, or ran a script somebody had typed in.
"""

import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    async_playwright,
    expect,
)

from tests.support.centre.running import Centre
from tests.support.console.rig import CANARY, FLAGS, WAIT_MS, Console, Watch


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for all tests; each page has cookies of its own."""
    # Three run at a time on a small machine: what comes late has still come.
    expect.set_options(timeout=WAIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            headless=True,
            args=list(FLAGS),
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def console(centre: Centre, chromium: Browser) -> AsyncIterator[Console]:
    """A maker of pages, each in a browser profile of its own."""
    watch = Watch()
    contexts: list[BrowserContext] = []

    async def opened(
        *,
        language: str = "zh",
        dark: bool = False,
        width: int = 1280,
        base_url: str | None = None,
    ) -> Page:
        height = 844 if width < 600 else 800
        address = base_url or centre.url
        watch.hosts.add(urlsplit(address).netloc)
        context = await chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            locale="zh-CN" if language == "zh" else "en-US",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        chosen = {"hmc_lang": language, "hmc_dark": "1" if dark else "0"}
        await context.add_cookies(
            [{"name": n, "value": v, "url": address} for n, v in chosen.items()]
        )
        await context.expose_function(CANARY, watch.fired)
        context.on("request", watch.request)
        context.on("weberror", lambda e: watch.errors.append(str(e.error)))
        return await context.new_page()

    yield opened
    for context in contexts:
        await context.close()
    assert not watch.elsewhere, "a page asked another host"
    assert not watch.errors, "a page's JavaScript failed"
    assert not watch.canary, "a typed-in script was run"
