"""Channels in the console: the dictionary, the provider's account, a test message."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.support.centre.running import Centre
from tests.support.centre.system import joined, outcomes, somebody
from tests.support.centre.system import signed_in as at_api
from tests.support.centre.types import define, message
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    no_sideways,
    open_page,
    signed_in,
)
from tests.support.waiting import eventually

pytestmark = BROWSER

SECRET = "marker-of-a-wrong-secret"


@pytest_asyncio.fixture(loop_scope="session")
async def wechat_again(centre: Centre) -> AsyncIterator[None]:
    """Other tests find the sandbox's account again."""
    yield
    async with at_api(centre) as admin:
        await admin.http.delete("/v1/admin/channels/wechat/account")


async def set_account(page: Page, secret: str, address: str) -> None:
    await page.get_by_role("button", name="Set the account").click()
    await page.get_by_label("Address", exact=True).fill(address)
    await page.get_by_label("AppID", exact=True).fill("sandbox")
    await page.get_by_label("Secret", exact=True).fill(secret)
    await page.get_by_label("Default template", exact=True).fill("a-template")
    await page.get_by_role("button", name="Save the account").click()
    await expect(page.get_by_text("The account set here is used")).to_be_visible()


async def wechat_outcome(centre: Centre, code: str) -> tuple[str, str | None]:
    async with joined(centre, f"c{time.monotonic_ns()}") as system:
        doc = await system.ended(await system.send(message(code, somebody())))
    return outcomes(doc)["wechat"]


async def until_wechat(centre: Centre, code: str, wanted: str) -> None:
    """Wait for a worker to take the account up."""
    await eventually(
        lambda: wechat_outcome(centre, code), lambda outcome: outcome[0] == wanted
    )


async def test_an_account_is_set_and_workers_take_it_up(
    console: Console, centre: Centre, wechat_again: None
) -> None:
    code = "console-account"
    async with at_api(centre) as admin:
        await define(admin, code, {"wechat": 0.8, "sms": 0.4})
    page = await signed_in(await console(language="en"))
    await open_page(page, "/channels/wechat")
    await expect(page.get_by_text("The sandbox's account is used")).to_be_visible()
    await set_account(page, SECRET, centre.sandbox_url)
    assert SECRET not in await page.content()
    await until_wechat(centre, code, "failed")
    assert await wechat_outcome(centre, code) == ("failed", "misconfigured")

    await page.get_by_role("button", name="Set the account").click()
    await page.get_by_label("Secret", exact=True).fill("sandbox-secret")
    await page.get_by_role("button", name="Save the account").click()
    await expect(page.get_by_role("button", name="Save the account")).to_be_hidden()
    await until_wechat(centre, code, "accepted")

    await page.get_by_role("button", name="Set the account").click()
    await page.get_by_label("Address", exact=True).fill("https://elsewhere.example")
    await page.get_by_role("button", name="Save the account").click()
    again = "The address has changed: give the secret again."
    await expect(page.get_by_text(again)).to_be_visible()
    await page.get_by_role("button", name="Remove this account").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Remove this account").click()
    await expect(page.get_by_text("The sandbox's account is used")).to_be_visible()
    async with at_api(centre) as admin:
        log = await admin.ask("GET", "/admin/audit?target=channels/wechat/account")
    assert len(log["items"]) == 3
    assert SECRET not in str(log)


async def test_a_test_message_says_what_the_provider_says(
    console: Console, centre: Centre
) -> None:
    person = somebody()
    page = await signed_in(await console(language="en"))
    await open_page(page, "/channels/sms")
    await page.get_by_label("Value").fill("12")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Is not a mobile number.")).to_be_visible()
    await page.get_by_label("Value").fill(person.mobile)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("The provider has taken it.")).to_be_visible()
    async with centre.sandbox() as sandbox:
        query = {"channel": "sms", "recipient": person.mobile}
        answer = await sandbox.get("/_sandbox/messages", params=query)
        assert len(answer.json()["items"]) == 1
        rule = {"recipient": person.mobile, "outcome": "unsubscribed"}
        await sandbox.put("/_sandbox/rules", json=[rule])
        await page.get_by_role("button", name="Send", exact=True).click()
        told = page.get_by_text("this person can't be reached")
        await expect(told).to_be_visible()
        await expect(page.get_by_text("isv.CUSTOMER_REFUSED")).to_be_visible()
        await sandbox.put("/_sandbox/rules", json=[])
    await check_axe(page)


@pytest_asyncio.fixture
async def voice_again(centre: Centre) -> AsyncIterator[None]:
    """Leave the calls as they were: other tests of this centre make some."""
    path = "/admin/channels"
    async with at_api(centre) as admin:
        found = (await admin.ask("GET", path))["items"]
        [before] = [c for c in found if c["code"] == "voice"]
        yield
        kept = {name: before[name] for name in ("enabled", "limits")}
        await admin.ask("PATCH", f"{path}/voice", kept)


@pytest.mark.usefixtures("voice_again")
async def test_a_channel_is_changed_and_switched_off(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en", dark=True, width=390))
    await open_page(page, "/channels/voice")
    await page.get_by_label("Cost per message (yuan)").fill("0.25")
    await page.get_by_label("Provider's limits").fill("per_second=")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("is not of the form")).to_be_visible()
    await page.get_by_label("Provider's limits").fill("per_second=10")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("dd", has_text="0.25")).to_be_visible()
    await page.get_by_role("button", name="Disable the channel").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Disable the channel").click()
    await expect(page.get_by_role("button", name="Enable the channel")).to_be_visible()
    await check_axe(page)
    await no_sideways(page)
    await open_page(page, "/channels")
    await expect(page.get_by_role("cell", name="¥ 0.25")).to_be_visible()
    await check_axe(page)
    async with at_api(centre) as admin:
        found = (await admin.ask("GET", "/admin/channels"))["items"]
    voice = next(c for c in found if c["code"] == "voice")
    await expect(page.get_by_text("10 a second").first).to_be_visible()
    assert (voice["enabled"], voice["limits"]) == (False, {"per_second": 10})
