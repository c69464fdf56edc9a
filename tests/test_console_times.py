"""Sending times in the browser, by keyboard: a type, the hospital, holidays."""

from playwright.async_api import Page, expect

from tests.centre import Centre
from tests.centre_system import signed_in as signed_in_office
from tests.centre_types import define
from tests.console_rig import (
    BROWSER,
    Console,
    check_axe,
    no_sideways,
    open_page,
    screenshot,
    signed_in,
)

pytest_plugins = ["tests.console_fixtures"]
pytestmark = BROWSER


async def save(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    await button.focus()
    await page.keyboard.press("Enter")


async def write(page: Page, label: str, text: str) -> None:
    await page.get_by_label(label, exact=True).focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(text)


async def test_a_type_gets_times_of_its_own(console: Console, centre: Centre) -> None:
    async with signed_in_office(centre) as admin:
        await define(admin, "console-times", {"sms": 0.8})
    page = await signed_in(await console(language="en", width=390))
    await open_page(page, "/types/console-times")
    await write(page, "Quiet hours", "at night")
    await save(page, "Save sending times")
    await expect(page.get_by_text("A line can't be read")).to_be_visible()
    await write(page, "Quiet hours", "22:00-08:00")
    await write(page, "Most per person", "5/24 digest")
    await save(page, "Save sending times")
    await expect(page.get_by_text("Version 1", exact=True)).to_be_visible()
    await check_axe(page)
    await no_sideways(page)
    async with signed_in_office(centre) as admin:
        found = await admin.ask(
            "GET", "/admin/message-types/console-times/sending-times"
        )
    assert found["rules"]["quiet"][0]["start"] == "22:00"
    assert found["rules"]["caps"] == [{"most": 5, "hours": 24, "then": "digest"}]


async def test_holidays_are_pasted_and_removed(console: Console) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/sending-times")
    await write(page, "Add holidays (CSV)", "2031-10-01,National Day\n2031-10-11,x,1")
    await save(page, "Add holidays")
    await expect(page.get_by_role("cell", name="National Day")).to_be_visible()
    await expect(page.get_by_role("cell", name="Monday")).to_be_visible()
    await screenshot(page, "sending-times")
    await check_axe(page)
    for _ in range(2):
        remove = page.get_by_role("button", name="Remove the holiday").first
        await remove.focus()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        sure = dialog.get_by_role("button", name="Remove the holiday")
        await sure.focus()
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("No holidays yet")).to_be_visible()
