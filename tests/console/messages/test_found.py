"""The console finds a patient's messages by any number, and says by how many."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.support.centre.running import Centre
from tests.support.centre.system import Person, System, joined, somebody
from tests.support.centre.system import signed_in as office
from tests.support.centre.types import BOOKING, PARAMS, define
from tests.support.console.rig import BROWSER, Console, check_axe, open_page
from tests.support.console.rig import signed_in as at_desk

pytestmark = BROWSER
BOOKED, OTHER = "found-booking", "found-other"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with office(centre) as admin:
        for code in (BOOKED, OTHER):
            await define(admin, code, BOOKING)
    async with joined(centre, "console-found") as system:
        yield system


async def entered(centre: Centre, person: Person, **more: str) -> str:
    """Put a person into the index; return the entry's id."""
    known = {k: v for k, v in person.identities.items() if k != "workstation_id"}
    body = {"name": "欧阳小红", "identities": known | more}
    async with office(centre) as admin:
        made = await admin.ask("PUT", f"/admin/patients/{person.empi}", body)
    return str(made["id"])


async def sent(his: System, code: str, reference: str, **identities: str) -> str:
    """Send a message by these identities alone."""
    recipient = {"identities": identities, "name": "欧阳小红"}
    body: dict[str, Any] = {"type": code, "recipient": recipient, "params": PARAMS}
    message_id = await his.send(body | {"reference": reference})
    await his.ended(message_id)
    return message_id


async def search(page: Page, kind: str, value: str) -> None:
    """Search for somebody as a person does."""
    await page.get_by_label("Kind of the recipient's number").first.click()
    await page.get_by_role("option", name=kind, exact=True).click()
    await page.get_by_role("textbox", name="The recipient's number").fill(value)
    await page.get_by_role("button", name="Search", exact=True).click()


async def test_a_message_is_found_by_numbers_it_was_not_sent_to(
    console: Console, centre: Centre, his: System
) -> None:
    person = somebody()
    await entered(centre, person, patient_id=f"P{person.empi}")
    await sent(his, BOOKED, "FOUND-1", empi_id=person.empi)
    await sent(his, BOOKED, "FOUND-2", mobile=person.mobile)
    page = await at_desk(await console(language="en"))
    await open_page(page, "/messages")
    rows = page.locator(".hmc-listing tbody tr")
    asked = {"Mobile number": person.mobile, "HIS patient id": f"P{person.empi}"}
    for kind, value in asked.items():
        await search(page, "Mobile number", "13012345678")
        await expect(page.get_by_text("searched by the number alone")).to_be_visible()
        await search(page, kind, value)
        await expect(page.get_by_text("Searched by 8 numbers")).to_be_visible()
        await expect(rows).to_have_count(2)
        await expect(rows.nth(1)).to_contain_text("FOUND-1")
    await expect(rows.first).to_contain_text("欧阳** 139****")
    await expect(rows.first).to_contain_text("SMS")
    assert person.mobile not in await page.locator(".hmc-listing").inner_html()
    await check_axe(page)
    async with office(centre) as admin:
        log = await admin.ask("GET", "/admin/audit?action=search&limit=4")
    assert [row["after"]["identity_type"] for row in log["items"]] == [
        "patient_id",
        "mobile",
        "mobile",
        "mobile",
    ]
    assert person.mobile not in str(log)


async def test_a_patients_page_shows_their_messages(
    console: Console, centre: Centre, his: System
) -> None:
    person = somebody()
    entry = await entered(centre, person)
    first = await sent(his, BOOKED, "THEIRS-1", mobile=person.mobile)
    await sent(his, OTHER, "THEIRS-2", empi_id=person.empi)
    await sent(his, BOOKED, "ANOTHER", mobile=somebody().mobile)
    page = await at_desk(await console())
    await open_page(page, f"/patients/{entry}")
    box = page.locator(".hmc-card", has=page.get_by_role("heading", name="最近消息"))
    await expect(box.get_by_text("按同一患者的 7 个标识查找。")).to_be_visible()
    rows = box.locator("tbody tr")
    await expect(rows).to_have_count(2)
    await box.get_by_label("消息类型").first.click()
    await page.get_by_role("option", name=BOOKED).click()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("已送达")
    await check_axe(page)
    await rows.get_by_role("link").click()
    await page.wait_for_url(f"**/console/messages/{first}")
