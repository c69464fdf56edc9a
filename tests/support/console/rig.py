"""A browser at the console of a running centre: Chromium through Playwright.

A module under tests/console/ with `pytestmark = BROWSER` may take `console`:
`page = await console(language="en", dark=True)`.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pyotp
import pytest
from axe_playwright_python.async_playwright import (  # type: ignore[import-untyped]
    Axe,  # it has no type marker
)
from playwright.async_api import Page, Request, expect

from core.words import Role
from deploy.supervision.processes import ROOT
from tests.support.centre.running import PASSWORD, Centre

BROWSER = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]
SCREENSHOTS = ROOT / "docs" / "screenshots"
# What a typed-in script does if it is ever run.
CANARY = "hmcCanary"
XSS = f"<img src=x onerror=\"{CANARY}('img')\"><script>{CANARY}('tag')</script>"
_SERIOUS = {"serious", "critical"}
WAIT_MS = 15_000
# Comes back once whatever moves on the page, and ends, has ended.
FADED_IN = """Promise.allSettled(document.getAnimations()
  .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
  .map(each => each.finished)).then(() => null)"""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Watch:
    """What must not happen while a page is open."""

    hosts: set[str] = field(default_factory=set)
    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    canary: list[str] = field(default_factory=list)

    def fired(self, where: str) -> None:
        self.canary.append(where)

    def request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc not in self.hosts:
            self.elsewhere.append(request.url)


class Console(Protocol):
    """Opens a browser of its own, with nobody signed in."""

    async def __call__(
        self,
        *,
        language: str = "zh",
        dark: bool = False,
        width: int = 1280,
        base_url: str | None = None,
    ) -> Page: ...


async def signed_in(
    page: Page,
    username: str = "admin",
    password: str = PASSWORD,
    totp: str | None = None,
) -> Page:
    """Sign in as a person does; `totp` is the second factor's secret."""
    await page.goto("/console/sign-in")
    await page.locator("[name=username]").fill(username)
    await page.locator("[name=password]").fill(password)
    await page.locator("[name=password]").press("Enter")
    if totp:
        await page.locator("[name=code]").fill(pyotp.TOTP(totp).now())
        await page.locator("[name=code]").press("Enter")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    await ready(page)
    return page


async def signed_in_as(page: Page, centre: Centre, role: Role, username: str) -> Page:
    """Sign in as a new person of a role, whose password is settled."""
    first = "given by an admin"
    body = {"username": username, "role": role, "password": first}
    async with centre.admin() as admin:
        await admin.post("/v1/admin/users", body)
    await signed_in(page, username, first)
    await page.locator("[name=old]").fill(first)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("[name=again]").fill(PASSWORD)
    await page.get_by_role(
        "button", name=re.compile("Change the password|修改密码")
    ).click()
    await page.wait_for_url("**/console/")
    return page


async def open_page(page: Page, path: str) -> Page:
    """Open a page of the console by its path, and wait until it can be used."""
    await page.goto(f"/console{path}")
    await ready(page)
    return page


async def ready(page: Page) -> None:
    """Wait until the page is drawn and its websocket is there."""
    await page.wait_for_function("window.socket && window.socket.connected")
    await expect(page.locator("h1").first).to_be_visible(timeout=WAIT_MS)


async def check_axe(page: Page) -> None:
    """Fail on any serious or critical finding of axe-core."""
    # What still fades in has no contrast yet.
    await page.wait_for_function(
        "document.getAnimations().every(a => a.playState !== 'running' "
        "|| a.effect.getComputedTiming().iterations === Infinity)"
    )
    # axe takes a body that a dialog keeps from scrolling for one without layers.
    still = "document.body.classList.toggle('q-body--prevent-scroll', {})"
    is_still = await page.locator("body.q-body--prevent-scroll").count() > 0
    await page.evaluate(still.format("false"))
    found = await Axe().run(page)
    await page.evaluate(still.format("true" if is_still else "false"))
    serious = [v for v in found.response["violations"] if v["impact"] in _SERIOUS]
    told = [
        f"{v['id']}: {v['help']}\n  "
        + "\n  ".join(node["html"][:300] for node in v["nodes"][:5])
        for v in serious
    ]
    assert not serious, "\n".join([page.url, *told])


async def no_sideways(page: Page) -> None:
    """Fail where a page is wider than the screen."""
    wider = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wider <= 1, f"{page.url} is {wider} px wider than the screen"


async def screenshot(page: Page, name: str) -> None:
    """Keep a picture of the page for the documents, where SCREENSHOTS=1 asks."""
    if os.environ.get("SCREENSHOTS") == "1":
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await page.wait_for_timeout(400)
        await page.screenshot(path=Path(SCREENSHOTS, f"{name}.png"))
