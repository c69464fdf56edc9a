"""Alarms in the browser: an incident, who looks after it, what is watched for."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import expect

from tests.support.centre.queues import rests
from tests.support.centre.running import Centre
from tests.support.centre.system import System, joined, signed_in, somebody
from tests.support.centre.types import define, message
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    no_sideways,
    open_page,
    ready,
)
from tests.support.console.rig import signed_in as at_desk

pytestmark = BROWSER
KIND = "console-alarms"
CLIENT = "console-alarms-his"
QUEUE = f"/admin/queues/{CLIENT}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, KIND, {"sms": 0.8})
        async with joined(centre, CLIENT) as system:
            await system.ended(await system.send(message(KIND, somebody())))
            yield system
            await admin.ask("POST", f"{QUEUE}/resume")


async def test_an_incident_is_seen_and_taken(
    console: Console, centre: Centre, his: System
) -> None:
    page = await at_desk(await console(language="en"))
    await open_page(page, "/queues")
    row = page.get_by_role("row").filter(has_text=CLIENT)
    await row.get_by_role("button", name="Set alarm thresholds").press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Oldest wait (s)").fill("1")
    await check_axe(page)
    await dialog.get_by_role("button", name="Save").press("Enter")
    await expect(dialog).to_be_hidden()
    async with signed_in(centre) as admin:
        await admin.ask("POST", f"{QUEUE}/pause")
        await rests(centre, CLIENT)
        await his.send(message(KIND, somebody()))
    await expect(row).to_contain_text("Long wait", timeout=30_000)
    await open_page(page, "/")
    await expect(page.get_by_text(f"Alarm: {CLIENT}, Long wait.")).to_be_visible(
        timeout=15_000
    )
    await page.get_by_role("link", name="See alarms").click()
    await page.wait_for_url("**/alarms")
    await ready(page)
    incident = page.get_by_role("row").filter(has_text=CLIENT)
    await expect(incident).to_contain_text("Raised")
    await incident.get_by_role("button", name="I look after it").press("Enter")
    await expect(incident).to_contain_text("admin")
    await check_axe(page)


async def test_the_rules_are_set_by_keyboard(console: Console, centre: Centre) -> None:
    page = await at_desk(await console(language="en", dark=True, width=390))
    await open_page(page, "/alarms")
    people = page.get_by_label("New list")
    await people.fill("staff_no")
    saves = page.get_by_role("button", name="Save", exact=True)
    await saves.nth(2).press("Enter")
    await expect(page.get_by_text("Line 1 is not kind=value.")).to_be_visible()
    await page.get_by_label("Types with their own time").fill("lab-report=1800")
    await saves.nth(1).press("Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await people.fill("staff_no=N0217")
    await saves.nth(2).press("Enter")
    await expect(page.get_by_text("Now: ")).not_to_contain_text("nobody")
    await no_sideways(page)
    await check_axe(page)
    async with signed_in(centre) as admin:
        found = await admin.ask("GET", "/admin/watch")
        await admin.ask("PUT", "/admin/watch/recipients", {"recipients": []})
        await admin.ask("PUT", "/admin/watch/expected", {})
    assert found["expected"]["types"] == {"lab-report": 1800}
    assert [r["type"] for r in found["recipients"]] == ["staff_no"]
