"""Workstations in the browser: set up in the console, then a ward's own screen."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.support.api.ward import Ward, running_ward, serving
from tests.support.centre.running import Centre
from tests.support.centre.system import Office, System, delivery, joined
from tests.support.centre.system import signed_in as in_office
from tests.support.centre.types import define
from tests.support.console.rig import (
    BROWSER,
    XSS,
    Console,
    check_axe,
    no_sideways,
    open_page,
    signed_in,
)
from tests.support.waiting import eventually

pytestmark = BROWSER
KIND = "console-ward"
STATION = "ICU-console-1"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lis(centre: Centre) -> AsyncIterator[System]:
    async with in_office(centre) as admin:
        await critical(admin)
    async with joined(centre, KIND) as system:
        yield system


async def critical(admin: Office) -> None:
    """Define a critical value that goes to workstations and is read back."""
    await define(admin, KIND, {"workstation": 0.9}, priority="critical")
    asks = {"acknowledge": True, "read_back_param": "number"}
    await admin.ask("PATCH", f"/admin/message-types/{KIND}", asks)


def value(identities: dict[str, str], number: str) -> dict[str, object]:
    """Return a critical value with a script in it, for somebody."""
    params = {"patient": XSS, "time": "09:30", "number": number}
    recipient = {"identities": identities}
    return {"type": KIND, "recipient": recipient, "params": params}


async def add_workstation(page: Page) -> str:
    """Add a workstation as an administrator does; return its secret."""
    await open_page(page, "/workstations")
    await page.get_by_role("button", name="New workstation").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Id").fill(STATION)
    await dialog.get_by_label("Name").fill(f"ICU {XSS}")
    await dialog.get_by_label("Department").fill("ICU-console")
    await dialog.get_by_role("button", name="Save").click()
    keep = page.get_by_role("button", name="I have kept it")
    await expect(keep).to_be_visible()
    secret = await page.locator("code.hmc-secret").nth(1).inner_text()
    await keep.click()
    await expect(page.get_by_role("row").filter(has_text=STATION)).to_be_visible()
    assert secret not in await page.content()
    return secret


async def enter(page: Page, station: str, secret: str) -> None:
    """Sign in as a ward's screen."""
    await page.goto("/ward")
    await page.locator("#station").fill(station)
    await page.locator("#secret").fill(secret)
    await page.locator("#secret").press("Enter")
    await expect(page.locator("#state")).to_contain_text(station)


async def test_a_critical_value_is_confirmed_on_the_ward(
    console: Console, lis: System
) -> None:
    desk = await signed_in(await console(language="en"))
    secret = await add_workstation(desk)
    ward = await console(language="en")
    await enter(ward, STATION, secret)
    message_id = await lis.send(value({"department": "ICU-console"}, "K 2.1"))
    popup = ward.locator("article.critical")
    await expect(popup).to_contain_text("<script>")
    await check_axe(ward)
    confirm = popup.get_by_role("button", name="Confirm")
    await confirm.click()
    await expect(popup).to_contain_text("Give your staff number")
    await ward.get_by_label("Staff number or name").fill("N0217")
    await popup.get_by_label("Value read back").fill("K 3.1")
    await confirm.click()
    await expect(popup).to_contain_text("Not confirmed")
    await popup.get_by_label("Value read back").fill("k2.1")
    await confirm.click()
    await expect(popup).to_contain_text("Confirmed")
    doc = await lis.status(message_id)
    assert delivery(doc, "workstation")["outcome"] == "read"
    assert delivery(doc, "workstation")["provider"] == "socket"
    given = doc["acknowledgement"]
    assert (given["by"], given["channel"]) == ("N0217", "workstation")
    await is_cut_off(desk, ward)


async def is_cut_off(desk: Page, ward: Page) -> None:
    """See the workstation online; give it a new secret, and switch it off."""
    await desk.get_by_role("button", name="Refresh").click()
    row = desk.get_by_role("row").filter(has_text=STATION)
    await expect(row).to_contain_text("Online")
    await check_axe(desk)
    await row.get_by_role("button", name="New secret").click()
    await desk.get_by_role("dialog").get_by_role("button", name="New secret").click()
    await desk.get_by_role("button", name="I have kept it").click()
    await expect(ward.locator("#state")).to_contain_text("disabled")
    await row.get_by_role("button", name="Disable").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Disable").click()
    await expect(row).to_contain_text("Off")


async def test_an_operator_records_a_confirmation(
    console: Console, lis: System
) -> None:
    message_id = await lis.send(value({"workstation_id": "ICU-elsewhere"}, "A12"))
    await lis.ended(message_id)
    page = await signed_in(await console(language="en"))
    await open_page(page, "/messages?unacknowledged=1")
    await expect(page.get_by_text(message_id)).to_be_visible()
    await open_page(page, f"/messages/{message_id}")
    await page.get_by_role("button", name="Record a confirmation").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Confirmed by").fill(f"N0301 {XSS}")
    await dialog.get_by_label("Read back").fill("B12")
    await dialog.get_by_role("button", name="Record a confirmation").click()
    await expect(dialog).to_contain_text("not the message's value")
    await dialog.get_by_label("Read back").fill("a12")
    await check_axe(page)
    await dialog.get_by_role("button", name="Record a confirmation").click()
    await expect(page.get_by_text("N0301")).to_be_visible()
    assert (await lis.status(message_id))["acknowledgement"]["read_back"] == "a12"


async def test_a_message_is_taken_back_from_the_ward(
    console: Console, centre: Centre, lis: System
) -> None:
    station = {"id": "ICU-recall-1", "name": "recall", "department": "ICU-recall"}
    async with in_office(centre) as admin:
        made = await admin.ask("POST", "/admin/workstations", station)
    ward = await console(language="en")
    await enter(ward, "ICU-recall-1", made["secret"])
    message_id = await lis.send(value({"department": "ICU-recall"}, "K 2.1"))
    popup = ward.locator("article")
    await expect(popup).to_be_visible()
    await lis.ended(message_id)
    desk = await signed_in(await console(language="en"))
    await open_page(desk, f"/messages/{message_id}")
    await desk.get_by_role("button", name="Take the message back").click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill(f"mixed up {XSS}")
    await dialog.get_by_role("button", name="Take the message back").click()
    await expect(popup).to_contain_text("Taken back by its sender")
    withdrawn = desk.get_by_text("Withdrawn from this channel")

    async def refreshed() -> bool:
        await desk.get_by_role("button", name="Refresh").click()
        return await withdrawn.is_visible()

    await eventually(refreshed)
    await check_axe(desk)
    doc = await lis.status(message_id)
    assert doc["recall"]["by"] == "admin"
    assert delivery(doc, "workstation")["recalled_at"] is not None


async def test_the_ward_screen_outlives_a_restart_of_the_server(
    console: Console, tmp_path: Path
) -> None:
    async with running_ward(tmp_path / "var") as ward:
        await resumes(console, ward)


async def resumes(console: Console, ward: Ward) -> None:
    """Show a pop-up, stop the server, send others, start it: each shown once."""
    page = await console(base_url=f"http://127.0.0.1:{ward.port}", width=390)
    await enter(page, "icu-1", ward.secrets["icu-1"])
    boxes = page.locator("article")
    await ward.sent()
    await expect(boxes).to_have_count(1)
    await ward.stop()
    await expect(page.locator("#state")).to_contain_text("重连")
    await ward.sent()
    await ward.sent()
    async with serving(ward):
        await expect(page.locator("#state")).to_contain_text("已连接")
        await expect(boxes).to_have_count(3)
        # One more; what was shown twice would stand before it.
        await ward.sent()
        await expect(boxes).to_have_count(4)
        await no_sideways(page)
        await page.reload()
        await expect(boxes).to_have_count(4)
