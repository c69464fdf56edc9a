"""Message types, templates and policies in the console, and messages that follow."""

import re

from playwright.async_api import Page, expect

from tests.support.centre.running import Centre
from tests.support.centre.system import joined, outcomes, somebody
from tests.support.centre.system import signed_in as at_api
from tests.support.centre.types import define, message
from tests.support.console.keyboard import press, slide, tab_to, type_into
from tests.support.console.rig import (
    BROWSER,
    XSS,
    Console,
    check_axe,
    no_sideways,
    open_page,
    ready,
    screenshot,
    signed_in,
)

pytestmark = BROWSER

KEYBOARD = "console-keyboard"


async def create_by_keyboard(page: Page) -> None:
    await open_page(page, "/types")
    await press(page, page.get_by_role("button", name="New message type"))
    await type_into(page, "Code", KEYBOARD)
    await type_into(page, "Chinese name", "键盘")
    await type_into(page, "English name", "By keyboard")
    await press(page, page.get_by_role("button", name="Create"))
    await page.wait_for_url(f"**/types/{KEYBOARD}")
    await ready(page)
    await expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()


async def write_template(page: Page, channel: str, body: str) -> None:
    await press(page, page.get_by_role("link", name=channel, exact=True))
    await page.wait_for_url("**/templates/**")
    await ready(page)
    await type_into(page, "Text of the message", body)
    await expect(page.locator(".hmc-preview")).to_contain_text("王*")
    await press(page, page.get_by_role("button", name="Save as a new version"))
    await expect(page.get_by_text("Version 1", exact=True)).to_be_visible()
    await ready(page)
    await press(page, page.get_by_role("link", name="By keyboard"))
    await page.wait_for_url(f"**/types/{KEYBOARD}")
    await ready(page)


async def tick(page: Page, channel: str) -> None:
    await press(page, page.get_by_role("checkbox", name=channel, exact=True), " ")
    name = f"Weight of {channel}"
    slider = page.get_by_role("slider", name=name, exact=True)
    await expect(slider).not_to_have_attribute("aria-disabled", "true")


async def test_a_type_is_made_by_keyboard_alone_and_a_message_follows_it(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en"))
    await create_by_keyboard(page)
    for channel in ("SMS", "WeCom", "E-mail"):
        await write_template(page, channel, "{{patient}}: {{time}}, {{number}}")
    await press(page, page.get_by_role("button", name="Edit the policy"))
    await page.wait_for_url("**/policy")
    await ready(page)
    words = page.locator(".hmc-words")
    await tick(page, "SMS")
    await slide(page, "Weight of SMS", 4)
    await tick(page, "WeCom")
    await slide(page, "Weight of WeCom", 8)
    await tick(page, "E-mail")
    await slide(page, "Weight of E-mail", 2, 5)
    await expect(words).to_have_text("always: WeCom; then SMS; then E-mail")
    await slide(page, "Threshold TH", -1, -1)  # 0.5 → 0.39: SMS is a must as well
    await expect(words).to_have_text("always: WeCom and SMS; then E-mail")
    await slide(page, "Threshold TH", 1, 1)
    await expect(words).to_have_text("always: WeCom; then SMS; then E-mail")
    await expect(page.locator(".hmc-stage")).to_have_count(3)
    await press(page, page.get_by_role("button", name="Save the policy"))
    await expect(page.get_by_text("Version 1").first).to_be_visible()

    async with joined(centre, "console-types") as system:
        doc = await system.ended(await system.send(message(KEYBOARD, somebody())))
    assert doc["plan"]["stages"] == [["wecom"], ["sms"], ["email"]]
    assert doc["plan"]["threshold"] == 0.5
    assert outcomes(doc)["wecom"][0] in ("accepted", "delivered")
    assert outcomes(doc)["sms"] == ("skipped", "policy_satisfied")


async def test_receipts_strategy_and_an_older_version(
    console: Console, centre: Centre
) -> None:
    code = "console-receipts"
    async with at_api(centre) as admin:
        await define(admin, code, {"wechat": 0.8, "sms": 0.4})
    page = await signed_in(await console())
    await open_page(page, f"/types/{code}/policy")
    await page.get_by_role("radio", name="全部同时").click()
    words = page.locator(".hmc-words")
    await expect(words).to_have_text("必推：微信服务号、短信")
    await page.get_by_role("checkbox", name="短信等待回执").click()
    await page.get_by_label("短信最多等待的秒数").fill("30")
    await page.get_by_role("button", name="保存策略").click()
    await expect(page.get_by_text("第 2 版").first).to_be_visible()
    async with at_api(centre) as admin:
        policy = await admin.ask("GET", f"/admin/message-types/{code}/policy")
        assert policy["strategy"] == "broadcast"
        assert policy["confirm"] == {"sms": {"receipt": True, "within_seconds": 30}}
        await page.get_by_role("button", name="载入此版本: 第 1 版").click()
        await expect(words).to_have_text("必推：微信服务号；未送达则推：短信")
        await page.get_by_role("button", name="保存策略").click()
        await expect(page.get_by_text("第 3 版").first).to_be_visible()
        policy = await admin.ask("GET", f"/admin/message-types/{code}/policy")
    assert (policy["version"], policy["strategy"]) == (3, "threshold")
    assert policy["confirm"] == {}
    await check_axe(page)


async def test_what_is_switched_off_is_withheld_or_refused(
    console: Console, centre: Centre
) -> None:
    code = "console-off"
    async with at_api(centre) as admin:
        await define(admin, code, {"wechat": 0.8, "sms": 0.4})
    page = await signed_in(await console(language="en"))
    await open_page(page, f"/types/{code}")
    row = page.get_by_role("row").filter(has_text="WeChat service account")
    await row.get_by_role("button", name="Disable the template").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Disable the template").click()
    await expect(row.get_by_text("Off")).to_be_visible()
    async with joined(centre, "console-off") as vendor:
        person = somebody()
        doc = await vendor.ended(await vendor.send(message(code, person)))
        assert outcomes(doc)["wechat"] == ("skipped", "template_disabled")
        assert outcomes(doc)["sms"][0] == "accepted"
        await page.get_by_role("button", name="Disable", exact=True).click()
        await expect(dialog).to_contain_text("console-off")
        await dialog.get_by_role("button", name="Disable", exact=True).click()
        await expect(page.get_by_text("Off for every client")).to_be_visible()
        answer = await vendor.post(message(code, person))
        assert answer.status_code == 422
        assert "disabled" in answer.json()["detail"]
        await page.get_by_role("button", name="Enable", exact=True).click()
        await expect(page.get_by_text("Off for every client")).to_be_hidden()
        assert (await vendor.post(message(code, person))).status_code == 202


async def test_a_change_that_breaks_requests_names_who_sends(
    console: Console, centre: Centre
) -> None:
    code = "console-breaking"
    async with at_api(centre) as admin:
        await define(admin, code, {"sms": 0.8})
    page = await signed_in(await console(language="en"))
    async with joined(
        centre, "console-brk", name=f"Vendor {XSS}", message_types=[code]
    ):
        await open_page(page, f"/types/{code}/templates/sms")
        body = page.get_by_label("Text of the message")
        await body.fill("{{patient}} {{time}} {{number}} {{place}}")
        await page.get_by_role("button", name="Save as a new version").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text(
            "New parameters that must be filled: place"
        )
        await expect(dialog).to_contain_text("console-brk")
        await dialog.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_text("Version 2")).to_have_count(0)
        await page.get_by_role("button", name="Save as a new version").click()
        await dialog.get_by_role("button", name="Save all the same").click()
        await expect(page.get_by_text("Version 2").first).to_be_visible()
    newest = page.get_by_role("button", name=re.compile("Version 2"))
    await newest.first.click()
    await expect(page.locator(".hmc-diff .added")).to_contain_text(["{{place}}"])
    await expect(page.locator(".hmc-diff .dropped").first).to_be_visible()
    await screenshot(page, "template-versions")
    await page.get_by_role("button", name="Restore this version: Version 1").click()
    await expect(dialog).to_contain_text("no longer accepted: place")
    await dialog.get_by_role("button", name="Save all the same").click()
    await expect(page.get_by_text("Version 3").first).to_be_visible()
    async with at_api(centre) as admin:
        path = f"/admin/message-types/{code}/templates/sms"
        versions = (await admin.ask("GET", path))["items"]
    assert [v["version"] for v in versions] == [3, 2, 1]
    assert versions[0]["body"] == versions[2]["body"]


async def test_nobody_writes_over_what_another_has_changed(
    console: Console, centre: Centre
) -> None:
    code = "console-two"
    path = f"/admin/message-types/{code}/templates/sms"
    async with at_api(centre) as admin:
        await define(admin, code, {"sms": 0.8})
        page = await signed_in(await console(language="en"))
        await open_page(page, f"/types/{code}/templates/sms")
        other = {"body": "{{patient}} {{time}} {{number}} other"}
        await admin.ask("PUT", path, other)
        await page.get_by_label("Text of the message").fill("{{patient}} mine")
        await page.get_by_role("button", name="Save as a new version").click()
        await expect(page.get_by_text("Somebody else has changed this")).to_be_visible()
        newest = (await admin.ask("GET", path))["items"][0]
    assert (newest["version"], newest["body"]) == (2, other["body"])


async def test_the_preview_follows_what_is_written(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en", width=390))
    await open_page(page, "/types/lab-report/templates/sms")
    body = page.get_by_label("Text of the message")
    preview = page.locator(".hmc-preview")
    await body.fill("{{patient_name}} " + XSS)
    await expect(preview.locator(".hmc-bubble")).to_contain_text(
        "【市第一医院】王* <img"
    )
    await body.fill("短" * 62)
    await expect(preview).to_contain_text("69 characters")
    await expect(preview).to_contain_text("billed as 1 message")
    await body.fill("短" * 64)
    await expect(preview).to_contain_text("billed as 2 messages")
    await body.fill("{{patient_name}}: {{lab_result}}, 诊断")
    await expect(preview).to_contain_text("no result or diagnosis: lab_result, 诊断")
    await body.fill("{{ patient_name }}")
    await page.get_by_role("button", name="Save as a new version").click()
    await expect(page.get_by_text("without blanks inside the braces")).to_be_visible()
    # The hint fades away, and pale text in between is no finding.
    await expect(page.get_by_text("such as {{patient_name}}")).to_have_count(0)
    await check_axe(page)
    await no_sideways(page)


async def test_each_channel_has_its_own_looks(console: Console) -> None:
    page = await signed_in(await console(language="en", dark=True))
    for channel, look in (
        ("wechat", ".hmc-chat-card"),
        ("wecom", ".hmc-chat-card"),
        ("email", ".hmc-letter"),
        ("workstation", ".hmc-popup"),
        ("inbox", ".hmc-letter"),
        ("voice", ".hmc-bubble"),
    ):
        await open_page(page, f"/types/registration-success/templates/{channel}")
        body = page.get_by_label("Text of the message")
        await body.fill("Hello {{patient_name}}")
        await expect(page.locator(look)).to_contain_text("王*")
        await check_axe(page)
    await tab_to(page, page.get_by_role("button", name="Save as a new version"))
