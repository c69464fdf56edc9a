"""Several accounts of a channel in the console: added, weighed, off, removed."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.support.centre.running import Centre
from tests.support.centre.system import signed_in as at_api
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    no_sideways,
    open_page,
    signed_in,
)

pytestmark = BROWSER

SECRET = "marker-of-another-secret"
CODES = ("main", "spare")


@pytest_asyncio.fixture(loop_scope="session")
async def voice_again(centre: Centre) -> AsyncIterator[None]:
    """Other tests find the sandbox's accounts again."""
    yield
    async with at_api(centre) as admin:
        for code in CODES:
            await admin.http.delete(f"/v1/admin/channels/voice/accounts/{code}")


async def choose_provider(page: Page, name: str) -> None:
    await page.get_by_role("combobox", name="Provider").click()
    await page.get_by_role("option", name=name, exact=True).click()


async def add_main(page: Page) -> None:
    """Add an account by the form; what is missing is said at its field."""
    await page.get_by_role("button", name="Add an account").click()
    await choose_provider(page, "tencent")
    await page.get_by_label("Account's code").fill("main")
    await page.get_by_label("SecretId", exact=True).fill("an-id")
    await page.get_by_role("button", name="Save the new account").click()
    await expect(page.get_by_text("Required.").first).to_be_visible()
    await page.get_by_label("SecretKey", exact=True).fill(SECRET)
    await page.get_by_label("SdkAppId", exact=True).fill("1400000001")
    await page.get_by_label("Weight (0–100)").fill("60")
    await page.get_by_role("button", name="Save the new account").click()


async def put_spare(centre: Centre) -> None:
    async with at_api(centre) as admin:
        path = "/v1/admin/channels/voice/accounts/spare"
        body = {"provider": "tencent", "weight": 20}
        values = {"secret_id": "i", "secret_key": SECRET, "sdk_app_id": "1400000001"}
        answer = await admin.http.put(path, json=body | {"values": values})
        assert answer.status_code == 200, answer.text


async def test_accounts_are_added_weighed_switched_off_and_removed(
    console: Console, centre: Centre, voice_again: None
) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/channels/voice")
    await expect(page.get_by_text("The sandbox's account is used")).to_be_visible()
    await add_main(page)
    await expect(page.get_by_role("heading", name="main · tencent")).to_be_visible()
    await expect(page.get_by_text("100% now · 100% at rest")).to_be_visible()
    assert SECRET not in await page.content()
    await put_spare(centre)
    await open_page(page, "/channels/voice")
    await expect(page.get_by_text("75% now · 75% at rest")).to_be_visible()
    await check_axe(page)
    await no_sideways(page)

    spare = page.locator("section.hmc-step", has_text="spare · tencent")
    await spare.get_by_role("button", name="Set the account").click()
    await spare.get_by_role("switch", name="Use this account").click()
    await spare.get_by_role("button", name="Save the account").click()
    await expect(page.get_by_text("100% now · 100% at rest")).to_be_visible()
    await expect(spare.get_by_text("25% now")).to_be_hidden()
    await spare.get_by_role("button", name="Set the account").click()
    await spare.get_by_role("button", name="Remove this account").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Remove this account").click()
    await expect(page.get_by_role("heading", name="spare · tencent")).to_be_hidden()


@pytest_asyncio.fixture(loop_scope="session")
async def rules_of_the_start(centre: Centre) -> AsyncIterator[None]:
    """Other tests find the rules of the start again."""
    yield
    async with at_api(centre) as admin:
        await admin.http.delete("/v1/admin/routing")


async def test_when_traffic_moves_is_set_by_keyboard_and_given_up(
    console: Console, centre: Centre, rules_of_the_start: None
) -> None:
    page = await signed_in(await console(language="en", width=390))
    await open_page(page, "/channels")
    await expect(page.get_by_text("The rules of the start hold")).to_be_visible()
    late = page.get_by_label("A later answer is slow (s)")
    save = page.get_by_role("button", name="Save these rules")
    await late.fill("0")
    await save.press("Enter")
    await expect(page.get_by_text("Must be at least 0.1.")).to_be_visible()
    await late.fill("2.5")
    await page.get_by_label("Calls without an answer").fill("20")
    await save.press("Enter")
    await expect(page.get_by_text("Set by admin")).to_be_visible()
    await check_axe(page)
    await no_sideways(page)
    async with at_api(centre) as admin:
        held = await admin.ask("GET", "/admin/routing")
    assert (held["rules"]["slow_call_seconds"], held["rules"]["errors"]) == (2.5, 20)
    await page.get_by_role("button", name="Go back to the rules").press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Go back to the rules").press("Enter")
    await expect(page.get_by_text("The rules of the start hold")).to_be_visible()
