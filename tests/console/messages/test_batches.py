"""A batch in the browser: a list is refused by line, mended, sent, watched, stopped."""

from playwright.async_api import FilePayload, Page, expect

from tests.support.centre.running import Centre
from tests.support.centre.system import joined
from tests.support.centre.system import signed_in as signed_in_office
from tests.support.centre.types import PARAMS, define
from tests.support.console.rig import (
    BROWSER,
    WAIT_MS,
    Console,
    check_axe,
    no_sideways,
    open_page,
    screenshot,
    signed_in,
)

pytestmark = BROWSER
KIND, CLIENT = "console-batch", "console-batch-his"
HEAD = ["mobile", *PARAMS]


def csv(*mobiles: str, encoding: str = "utf-8") -> FilePayload:
    """Return a file with a line for each of these numbers."""
    lines = [",".join(HEAD), *(",".join([m, *PARAMS.values()]) for m in mobiles)]
    data = "\r\n".join(lines).encode(encoding)
    return {"name": "people.csv", "mimeType": "text/csv", "buffer": data}


async def choose(page: Page, label: str, option: str) -> None:
    await page.get_by_role("combobox", name=label, exact=True).click()
    await page.get_by_role("option", name=option).click()


async def pick(page: Page, file: FilePayload) -> None:
    """Choose a file by keyboard, as the button offers it."""
    async with page.expect_file_chooser() as waiting:
        await page.get_by_role("button", name="Choose a file (XLSX or CSV)").focus()
        await page.keyboard.press("Enter")
    await (await waiting.value).set_files(file)


async def test_a_list_is_checked_and_sent(console: Console, centre: Centre) -> None:
    async with signed_in_office(centre) as admin:
        await define(admin, KIND, {"sms": 0.8})
    async with joined(centre, CLIENT):
        page = await signed_in(await console(language="en", width=390))
        await open_page(page, "/batches/new")
        await choose(page, "On behalf of", CLIENT)
        await choose(page, "Message type", KIND)
        await pick(page, csv("13900770001", "1390077"))
        wrong = page.get_by_role("alert").filter(has_text="wrong places")
        await expect(wrong).to_be_visible(timeout=WAIT_MS)
        await expect(page.get_by_role("cell", name="3", exact=True)).to_be_visible()
        await expect(
            page.get_by_role("cell", name="mobile", exact=True)
        ).to_be_visible()
        await check_axe(page)
        await no_sideways(page)
        await page.get_by_label("Begun per second").fill("0.1")
        good = csv("13900770001", "13900770002", encoding="gb18030")
        await pick(page, good)
        ready = page.get_by_role("heading", name="Checked: 2 recipients")
        await expect(ready).to_be_visible(timeout=WAIT_MS)
        await check_axe(page)
        await page.get_by_role("button", name="Send", exact=True).click()
        sure = page.get_by_role("dialog").get_by_role("button", name="Send")
        await sure.click()
        await expect(page.get_by_role("heading", name=KIND)).to_be_visible()
        await page.get_by_role("button", name="Cancel the batch").click()
        asked = page.get_by_role("dialog")
        await asked.get_by_role("button", name="Cancel the batch").click()
        await expect(page.get_by_text("Cancelled").first).to_be_visible(timeout=WAIT_MS)
        await check_axe(page)
        await no_sideways(page)
        await open_page(page, "/batches")
        await expect(page.get_by_role("cell", name=KIND).first).to_be_visible()
        await check_axe(page)


async def test_the_empty_sheet_has_the_types_columns(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="zh"))
    await open_page(page, "/batches/new")
    await choose(page, "消息类型", "挂号成功")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="下载空表").click()
    download = await waiting.value
    assert download.suggested_filename.endswith(".xlsx")
    await screenshot(page, "new-batch")
