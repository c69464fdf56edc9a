"""Queues, patients and the first page in the browser."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.queues import rests
from tests.support.centre.running import Centre
from tests.support.centre.system import Person, System, joined, signed_in, somebody
from tests.support.centre.types import BOOKING, define, message
from tests.support.console.rig import (
    BROWSER,
    XSS,
    Console,
    check_axe,
    no_sideways,
    open_page,
)
from tests.support.console.rig import signed_in as at_desk

pytestmark = BROWSER
KIND = "console-queues"
CLIENT = "console-queues-his"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, KIND, BOOKING)
    async with joined(centre, CLIENT) as system:
        await system.ended(await system.send(message(KIND, somebody())))
        yield system


@pytest_asyncio.fixture(loop_scope="session")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        await found.obey()
        yield found


async def test_a_queue_is_paused_and_resumed(
    console: Console, centre: Centre, his: System, providers: Providers
) -> None:
    page = await at_desk(await console(language="en"))
    await open_page(page, "/queues")
    row = page.get_by_role("row").filter(has_text=CLIENT)
    await expect(row).to_contain_text("Running")
    await check_axe(page)
    await row.get_by_role("button", name="Pause", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Nothing is lost")
    await dialog.get_by_role("button", name="Pause").click()
    await expect(row).to_contain_text("Paused")
    await rests(centre, CLIENT)
    person = somebody()
    message_id = await his.send(message(KIND, person))
    await expect(row.get_by_role("cell").nth(2)).not_to_have_text("0")
    assert await providers.taken_for(person) == {}
    await row.get_by_role("button", name="Resume").click()
    assert (await his.ended(message_id))["status"] == "delivered"
    await expect(row).to_contain_text("Running")


async def test_a_limit_is_set_by_keyboard_and_taken_away(
    console: Console, centre: Centre, his: System
) -> None:
    page = await at_desk(await console(language="en"))
    await open_page(page, "/queues")
    row = page.get_by_role("row").filter(has_text=CLIENT)
    await row.get_by_role("button", name="Set a limit").press("Enter")
    limit = page.get_by_role("dialog").get_by_label("Limit /s")
    save = page.get_by_role("dialog").get_by_role("button", name="Save")
    await limit.fill("-3")
    await save.press("Enter")
    await expect(page.get_by_text("Give a number from 0.001")).to_be_visible()
    await limit.fill("50")
    await save.press("Enter")
    await expect(row).to_contain_text("Limited")
    await expect(row).to_contain_text("50")
    await row.get_by_role("button", name="Set a limit").click()
    await limit.fill("")
    await save.click()
    await expect(row).not_to_contain_text("Limited")
    async with signed_in(centre) as admin:
        found = await admin.ask("GET", f"/admin/audit?target=queues/{CLIENT}")
    changes = [row["after"] for row in found["items"] if row["action"] == "limit"]
    assert changes == [{"per_second": None}, {"per_second": 50.0}]


async def add_patient(page: Page, person: Person, name: str) -> None:
    """Add somebody to the index as a person does."""
    await open_page(page, "/patients")
    await page.get_by_role("button", name="Add a patient").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("EMPI number").fill(person.empi)
    await dialog.get_by_label("Name", exact=True).fill(name)
    await dialog.get_by_label("Other numbers").fill("mobile is 139")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_contain_text("Line 1 is not kind=value.")
    await dialog.get_by_label("Other numbers").fill(f"mobile={person.mobile}")
    await dialog.get_by_role("button", name="Save").click()
    await page.wait_for_url("**/console/patients/*")


async def test_a_patient_is_added_found_and_opted_out(
    console: Console, his: System, providers: Providers
) -> None:
    person = somebody()
    page = await at_desk(await console(language="en"))
    await add_patient(page, person, "王小明")
    await expect(page.get_by_text("王**").first).to_be_visible()
    assert person.mobile not in await page.content()
    await check_axe(page)
    await page.get_by_role("button", name="Add an opt-out").click()
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("cell", name="EMPI number")).to_be_visible()
    message_id = await his.send(message(KIND, person))
    doc = await his.ended(message_id)
    reasons = {d["reason"] for d in doc["deliveries"]}
    assert (doc["status"], reasons) == ("failed", {"opted_out"})
    await page.get_by_role("button", name="Take it back").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Take it back").click()
    await expect(
        page.get_by_text("No opt-out: every message goes out.")
    ).to_be_visible()
    await open_page(page, "/patients")
    await page.get_by_label("Kind of number").first.click()
    await page.get_by_role("option", name="Mobile number").click()
    await page.get_by_role("textbox", name="Number", exact=True).fill(person.mobile)
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("link", name="王**")).to_be_visible()


async def test_a_patient_with_a_script_for_a_name(console: Console) -> None:
    page = await at_desk(await console(language="en"))
    await add_patient(page, somebody(), XSS[:120])
    await page.get_by_role("button", name="Show in clear").click()
    await page.get_by_role("button", name="Show and record").click()
    await expect(page.get_by_text(XSS[:120]).first).to_be_visible()


async def test_the_first_page_says_how_things_stand(
    console: Console, his: System, providers: Providers
) -> None:
    await his.ended(await his.send(message(KIND, somebody())))
    for language, dark, width in (("zh", False, 1280), ("en", True, 390)):
        page = await at_desk(await console(language=language, dark=dark, width=width))
        today = "今日受理" if language == "zh" else "Accepted today"
        await expect(page.get_by_text(today)).to_be_visible()
        providers_called = page.locator(".hmc-listing tbody tr")
        await expect(providers_called.first).to_be_visible()
        await no_sideways(page)
        await check_axe(page)
