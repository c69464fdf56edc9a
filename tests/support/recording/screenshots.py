"""Takes the documents' screenshots of a running demonstration, in every look.

`python -m deploy.demo` on an empty state folder; then, with the same HMC_ variables,
`python -m tests.support.recording.screenshots`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright, expect

from console.navigation import all_pages
from core.settings import Settings
from deploy.credentials import admin_password
from deploy.remote import as_person
from deploy.up import api_url
from tests.support.console.examples import EXAMPLES, LOOKS, Look, page_name
from tests.support.console.rig import FLAGS, SCREENSHOTS, open_page, signed_in
from tests.support.recording.screenshot_scenes import STATIONS, Shown, critical, play

_WIDE, _HEIGHT, _HIGHEST = 1280, 800, 1200


async def record() -> None:
    """Play a morning, then look at every page."""
    settings = Settings()
    url, password = api_url(settings), admin_password(settings)
    async with as_person(url, "admin", password) as admin, _chromium() as opened:
        shown = await play(settings, admin)
        wards = {
            look: await _ward(await opened(url, LOOKS[look]), look, shown)
            for look in LOOKS
        }
        await critical(settings, admin)
        for look, ward in wards.items():
            await expect(ward.locator("article").first).to_be_visible()
            await _take(ward, f"ward-{look}")
        for look in LOOKS:
            await _pages(await opened(url, LOOKS[look]), look, shown, password)


@asynccontextmanager
async def _chromium() -> AsyncIterator[Callable[[str, Look], Awaitable[Page]]]:
    """Give what opens a page; each language has a browser that writes times so."""
    async with async_playwright() as playwright:

        async def opened(url: str, look: Look) -> Page:
            locale = "zh-CN" if look.get("language") == "zh" else "en-GB"
            browser = await playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=[*FLAGS, f"--lang={locale}"],
            )
            return await _page(browser, url, look)

        yield opened


async def _page(browser: Browser, url: str, look: Look) -> Page:
    width, dark = look.get("width", _WIDE), look.get("dark", False)
    context = await browser.new_context(
        base_url=url,
        viewport={"width": width, "height": _HEIGHT},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    chosen = {"hmc_lang": look.get("language", "zh"), "hmc_dark": str(int(dark))}
    await context.add_cookies(
        [{"name": n, "value": v, "url": url} for n, v in chosen.items()]
    )
    return await context.new_page()


async def _ward(page: Page, look: str, shown: Shown) -> Page:
    """Sign in as a ward's screen."""
    await page.goto("/ward")
    await page.locator("#station").fill(STATIONS[look])
    await page.locator("#secret").fill(shown.secrets[look])
    await page.locator("#secret").press("Enter")
    await expect(page.locator("#state")).to_contain_text(STATIONS[look])
    return page


async def _pages(page: Page, look: str, shown: Shown, password: str) -> None:
    await page.goto("/console/sign-in")
    await _take(page, f"sign-in-{look}")
    await signed_in(page, password=password)
    for one in all_pages():
        path = shown.places.get(one.path, EXAMPLES.get(one.path, one.path))
        await open_page(page, path)
        await _take(page, f"{page_name(one)}-{look}")


async def _take(page: Page, name: str) -> None:
    """Keep a picture, as high as the page is and no higher than can be looked at."""
    width = (page.viewport_size or {"width": _WIDE})["width"]
    await page.set_viewport_size({"width": width, "height": _HEIGHT})
    await page.wait_for_timeout(200)
    whole = await page.evaluate("document.documentElement.scrollHeight")
    height = min(max(whole, _HEIGHT), _HIGHEST)
    await page.set_viewport_size({"width": width, "height": height})
    await page.wait_for_timeout(600)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


if __name__ == "__main__":
    SCREENSHOTS.mkdir(exist_ok=True)
    asyncio.run(record())
