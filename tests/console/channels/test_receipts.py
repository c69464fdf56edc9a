"""Receipts in the console: addresses, rules for unknown outcomes, the timeline."""

import re

from playwright.async_api import expect

from tests.support.centre.providers import providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import joined, somebody
from tests.support.centre.system import signed_in as at_api
from tests.support.centre.types import define, message
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    open_page,
    screenshot,
    signed_in,
)

pytestmark = BROWSER


async def test_an_administrator_finds_the_address_to_enter(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/channels/wechat")
    assert "/v1/receipts/" not in await page.content()
    await page.get_by_role("button", name="Show the addresses").click()
    address = f"{centre.url}/v1/receipts/wechat/sandbox-secret"
    await expect(page.get_by_text(address)).to_be_visible()
    await expect(page.get_by_text("EncodingAESKey", exact=True)).to_be_visible()
    await screenshot(page, "receipt-address")
    await check_axe(page)
    async with at_api(centre) as admin:
        audit = await admin.ask("GET", "/admin/audit")
    assert "channels/wechat/receipts" in [entry["target"] for entry in audit["items"]]
    await open_page(page, "/channels/inbox")
    await expect(page.get_by_role("button", name="Show the addresses")).to_have_count(0)


async def test_a_rule_is_set_and_its_steps_are_on_the_timeline(
    console: Console, centre: Centre
) -> None:
    code, person = "console-unknown", somebody()
    async with at_api(centre) as admin:
        await define(admin, code, {"sms": 0.8, "wecom": 0.4})
    page = await signed_in(await console(language="en"))
    await open_page(page, f"/types/{code}/policy")
    await page.get_by_role("combobox", name="What follows on SMS").click()
    await page.get_by_role("option", name=re.compile("^Pass over")).click()
    await page.get_by_label("Seconds to wait first on SMS").fill("6")
    await check_axe(page)
    await page.get_by_role("button", name="Save the policy").click()
    await expect(page.get_by_text("Version 2").first).to_be_visible()
    async with at_api(centre) as admin:
        policy = await admin.ask("GET", f"/admin/message-types/{code}/policy")
    assert policy["unknown"] == {"sms": {"wait_seconds": 6, "then": "next"}}

    async with providers_of(centre) as providers:
        await providers.obey(rule(person, "sms", "timeout"))
    async with joined(centre, "console-unknown") as system:
        message_id = await system.send(message(code, person))
        await system.ended(message_id, within=60)
    await open_page(page, f"/messages/{message_id}")
    await expect(page.get_by_text("Asked the provider").first).to_be_visible()
    await screenshot(page, "message-steps")
