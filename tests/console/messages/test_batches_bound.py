"""What goes out of a list is what was checked: whose, which type, who, when."""

import io

from openpyxl import load_workbook
from playwright.async_api import FilePayload, Page, expect

from core.sheets.reading import read_sheet
from tests.console.messages.test_batches import choose, csv, pick
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
    signed_in,
)
from tests.support.strangers.workbooks import book_of, saved

pytestmark = BROWSER
KIND = "bound-batch"
LIS, SURGERY = "bound-lis", "bound-surgery"
HEAD = ["手机号", "科室电话", *PARAMS]


async def is_void(page: Page) -> None:
    """Expect that nothing can be sent until the list is checked again."""
    told = page.get_by_role("status").filter(has_text="check it again")
    await expect(told).to_be_visible(timeout=WAIT_MS)
    await expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)


async def checked_again(page: Page, count: int) -> None:
    await page.get_by_role("button", name="Check again").click()
    heading = page.get_by_role("heading", name=f"Checked: {count} recipients")
    await expect(heading).to_be_visible(timeout=WAIT_MS)


async def form_of(page: Page, client: str, kind: str) -> None:
    await open_page(page, "/batches/new")
    await choose(page, "On behalf of", client)
    await choose(page, "Message type", kind)


async def test_whatever_the_form_says_anew_voids_the_check(
    console: Console, centre: Centre
) -> None:
    async with signed_in_office(centre) as admin:
        await define(admin, "bound-void", {"sms": 0.8})
        await define(admin, "bound-otherwise", {"sms": 0.8})
    async with joined(centre, "bound-void-his"), joined(centre, "bound-void-lis"):
        page = await signed_in(await console(language="en"))
        await form_of(page, "bound-void-his", "bound-void")
        await pick(page, csv("13900770101", "13900770102"))
        heading = page.get_by_role("heading", name="Checked: 2 recipients")
        await expect(heading).to_be_visible(timeout=WAIT_MS)
        await choose(page, "On behalf of", "bound-void-lis")
        await is_void(page)
        await checked_again(page, 2)
        await choose(page, "Message type", "bound-otherwise")
        await is_void(page)
        await checked_again(page, 2)
        await page.get_by_label("Begun per second").fill("0.1")
        await is_void(page)
        await checked_again(page, 2)
        await page.get_by_label("Send at").fill("2030-12-01 09:00")
        await is_void(page)
        await check_axe(page)


async def send_once_each(page: Page) -> None:
    """Send a list that names somebody twice, one message each."""
    await expect(page.get_by_text("line 4 (as line 2)")).to_be_visible()
    await page.get_by_role("switch", name="Once each").click()
    await page.get_by_role("button", name="Send", exact=True).click()
    dialog = page.get_by_role("dialog")
    for told in (SURGERY, KIND, "2 recipients", "2030-12-01 09:00", "¥"):
        await expect(dialog).to_contain_text(told)
    await dialog.get_by_role("button", name="Send").click()
    title = page.get_by_role("heading", name=KIND)
    await expect(title).to_be_visible(timeout=WAIT_MS)


async def test_a_list_goes_out_as_whom_it_was_checked(
    console: Console, centre: Centre
) -> None:
    async with signed_in_office(centre) as admin:
        await define(admin, KIND, {"sms": 0.8})
        async with joined(centre, LIS), joined(centre, SURGERY):
            page = await signed_in(await console(language="en"))
            await form_of(page, LIS, KIND)
            await page.get_by_label("Send at").fill("2030-12-01 09:00")
            await pick(page, csv("13900770101", "13900770102", "139 0077 0101"))
            heading = page.get_by_role("heading", name="Checked: 3 recipients")
            await expect(heading).to_be_visible(timeout=WAIT_MS)
            await choose(page, "On behalf of", SURGERY)
            await is_void(page)
            await checked_again(page, 3)
            await send_once_each(page)
            sent = await admin.ask("GET", f"/admin/batches?client={SURGERY}")
            assert [(b["type"], b["count"]) for b in sent["items"]] == [(KIND, 2)]
            assert sent["items"][0]["send_at"].startswith("2030-12-01T01:00")
            none = await admin.ask("GET", f"/admin/batches?client={LIS}")
            assert none["items"] == []
            await admin.ask("POST", f"/admin/batches/{sent['items'][0]['id']}/cancel")


async def test_a_system_is_offered_its_own_types(
    console: Console, centre: Centre
) -> None:
    async with signed_in_office(centre) as admin:
        await define(admin, "bound-mine", {"sms": 0.8})
        only = {"message_types": ["bound-mine", "critical-value"]}
        async with joined(centre, "bound-few", **only):
            page = await signed_in(await console(language="en"))
            await open_page(page, "/batches/new")
            await choose(page, "On behalf of", "bound-few")
            await page.get_by_role("combobox", name="Message type").click()
            options = page.get_by_role("option")
            await expect(options).to_have_text(["bound-mine"])


async def test_wrong_lines_are_handed_out_and_the_good_ones_go_on(
    console: Console, centre: Centre
) -> None:
    async with signed_in_office(centre) as admin:
        await define(admin, "bound-mixed", {"sms": 0.8})
    values = list(PARAMS.values())
    book, sheet = book_of(
        HEAD,
        ["13900770201", "内线 12", *values],
        ["1390077", "", *values],
        ["13900770203", "", *values[:-1], "#N/A"],
        ["13900770204", "", *values],
    )
    sheet["C5"].value = "=1+1"
    file: FilePayload = {"name": "七月.xlsx", "mimeType": "x/y", "buffer": saved(book)}
    async with joined(centre, "bound-mixed-his"):
        page = await signed_in(await console(width=390))
        await open_page(page, "/batches/new")
        await choose(page, "发送方系统", "bound-mixed-his")
        await choose(page, "消息类型", "bound-mixed")
        async with page.expect_file_chooser() as waiting:
            await page.get_by_role("button", name="选择文件").click()
        await (await waiting.value).set_files(file)
        wrong = page.get_by_role("alert").filter(has_text="4 行中有 3 行有误")
        await expect(wrong).to_be_visible(timeout=WAIT_MS)
        await expect(page.get_by_text("已忽略：科室电话")).to_be_visible()
        await check_axe(page)
        await no_sideways(page)
        async with page.expect_download() as downloading:
            await page.get_by_role("button", name="下载标有错误的名单").click()
        path = await (await downloading.value).path()
        marked = read_sheet(path.read_bytes())
        told = {line.number: line.cells.get("错误", "") for line in marked.lines}
        assert told[2] == ""
        assert "手机号: 不是有效的手机号" in told[3]
        assert "错误值" in told[4]
        assert "公式" in told[5]
        await page.get_by_role("button", name="只发送无误的 1 行").click()
        good = page.get_by_role("heading", name="检查通过：1 人")
        await expect(good).to_be_visible(timeout=WAIT_MS)


async def test_the_empty_list_speaks_chinese_and_shows_an_example(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="zh"))
    await open_page(page, "/batches/new")
    await choose(page, "消息类型", "挂号成功")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="下载空表").click()
    path = await (await waiting.value).path()
    book = load_workbook(io.BytesIO(path.read_bytes()))
    assert book.sheetnames == ["名单", "说明"]
    heads = [cell.value for cell in book["名单"][1]]
    assert "手机号" in heads
    assert "姓名" in heads
    assert book["名单"].column_dimensions["A"].number_format == "@"
    notes = {row[0]: row[1] for row in book["说明"].values}
    assert notes["手机号"] == "13800138000"
