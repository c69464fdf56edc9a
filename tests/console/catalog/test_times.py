"""Sending times in the browser, by keyboard: a type's lines, holidays."""

from playwright.async_api import Locator, Page, expect

from tests.support.centre.running import Centre
from tests.support.centre.system import signed_in as signed_in_office
from tests.support.centre.types import define
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    no_sideways,
    open_page,
    signed_in,
)

pytestmark = BROWSER


async def write(page: Page, label: str, text: str) -> None:
    await page.get_by_label(label, exact=True).focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(text)


async def press(page: Page, name: str, place: Locator | None = None) -> None:
    button = (place or page).get_by_role("button", name=name, exact=True)
    await button.focus()
    await page.keyboard.press("Enter")


async def window_and_back(page: Page) -> None:
    """Add a line and take it away again: what is typed nowhere is not kept."""
    await press(page, "Add a line: Sending windows")
    line = page.get_by_role("group", name="Sending windows 1", exact=True)
    await expect(line.get_by_label("From")).to_be_focused()
    await press(page, "Remove this line", line)
    await expect(line).to_be_hidden()


async def test_a_type_gets_times_of_its_own(console: Console, centre: Centre) -> None:
    async with signed_in_office(centre) as admin:
        await define(admin, "console-times", {"sms": 0.8})
    page = await signed_in(await console(language="en", width=390))
    await open_page(page, "/types/console-times")
    await press(page, "Add a line: Quiet hours")
    night = page.get_by_role("group", name="Quiet hours 1", exact=True)
    await expect(night.get_by_label("From")).to_be_focused()
    await expect(page.get_by_text("every day 22:00–08:00 the next day")).to_be_visible()
    await night.get_by_label("From").fill("25:00")
    await press(page, "Save sending times")
    await expect(page.get_by_text("Fill in the whole line")).to_be_visible()
    await night.get_by_label("From").fill("21:30")
    for day in ("Sat", "Sun"):
        await night.get_by_role("checkbox", name=day).focus()
        await page.keyboard.press("Space")
    await press(page, "Add a line: Most per person")
    cap = page.get_by_role("group", name="Most per person 1", exact=True)
    await cap.get_by_label("At most").fill("5")
    await cap.get_by_role("combobox").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("option", name="is told in one message later").click()
    said = "A person gets at most 5 messages within 24 hours; what is more is told"
    await expect(page.get_by_text(said)).to_be_visible()
    await window_and_back(page)
    await press(page, "Save sending times")
    await expect(page.get_by_text("Version 1", exact=True)).to_be_visible()
    await expect(page.get_by_text("Monday to Friday 21:30–08:00")).to_be_visible()
    await check_axe(page)
    await no_sideways(page)
    async with signed_in_office(centre) as admin:
        found = await admin.ask(
            "GET", "/admin/message-types/console-times/sending-times"
        )
    window = {"days": [1, 2, 3, 4, 5], "start": "21:30", "end": "08:00"}
    assert found["rules"]["quiet"] == [window]
    assert found["rules"]["windows"] == []
    assert found["rules"]["caps"] == [{"most": 5, "hours": 24, "then": "digest"}]


async def test_holidays_are_added_pasted_and_removed(console: Console) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/sending-times")
    await press(page, "Add the holiday")
    await expect(page.get_by_text("Pick a day.")).to_be_visible()
    await page.get_by_label("Day", exact=True).fill("2031-10-01")
    await write(page, "Name", "National Day")
    await press(page, "Add the holiday")
    await expect(page.get_by_role("cell", name="National Day")).to_be_visible()
    await page.get_by_role("button", name="Paste several at once").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Holidays (CSV)")).to_be_visible()
    await write(page, "Holidays (CSV)", "2031-10-11,make-up,1")
    await press(page, "Add them all")
    await expect(page.get_by_role("cell", name="Monday")).to_be_visible()
    await check_axe(page)
    for name in ("National Day", "make-up"):
        row = page.get_by_role("row").filter(has_text=name)
        await press(page, "Remove the holiday", row)
        dialog = page.get_by_role("dialog")
        await press(page, "Remove the holiday", dialog)
        await expect(row).to_be_hidden()
    await expect(page.get_by_text("No holidays yet")).to_be_visible()
