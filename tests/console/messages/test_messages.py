"""Messages in the browser: searched for, looked at, sent again, one or in bulk."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from core.text import csv_safe
from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import Person, System, joined, signed_in, somebody
from tests.support.centre.system import signed_in as office
from tests.support.centre.types import BOOKING, PARAMS, define, message
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
KIND = "console-booking"
DOWN = ("wechat", "sms", "wecom")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with office(centre) as admin:
        await define(admin, KIND, BOOKING)
    async with joined(centre, "console-his") as system:
        yield system


@pytest_asyncio.fixture(loop_scope="session")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        await found.obey()
        yield found
        await found.obey()


async def fails(his: System, providers: Providers, person: Person, **more: str) -> str:
    """Send a message that every provider refuses; return its id."""
    await providers.obey(*(rule(person, c, "reject") for c in DOWN))
    message_id = await his.send(message(KIND, person, **more))
    assert (await his.ended(message_id))["status"] == "failed"
    await providers.obey()
    return message_id


async def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list as a person does."""
    await page.get_by_label(label, exact=True).first.click()
    await page.get_by_role("option", name=option).first.click()


async def test_a_failed_message_is_sent_again_and_delivered(
    console: Console, his: System, providers: Providers
) -> None:
    person = somebody()
    message_id = await fails(his, providers, person, reference="HIS-FAIL-1")
    page = await at_desk(await console(language="en"))
    await open_page(page, f"/messages/{message_id}")
    story = page.locator(".hmc-step")
    await expect(story).to_have_count(3)
    await expect(story.first).to_contain_text("The provider refuses this content")
    await expect(story.first).to_contain_text("Try 1")
    await check_axe(page)
    await page.get_by_role("button", name="Send again").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Send again").click()
    await expect(dialog).to_contain_text("Please give a reason.")
    await dialog.get_by_label("Reason").fill("the provider is back")
    await dialog.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("The message is being sent again.")).to_be_visible()
    assert (await his.ended(message_id, run=2))["status"] == "delivered"
    await page.get_by_role("button", name="Refresh").click()
    await expect(page.locator(".hmc-badge.good").first).to_have_text("Delivered")
    await expect(page.get_by_text("Sending 1 (before the resend)")).to_be_visible()


async def test_personal_data_is_masked_until_somebody_asks(
    console: Console, centre: Centre, his: System
) -> None:
    person = somebody()
    message_id = await his.send(message(KIND, person))
    await his.ended(message_id)
    page = await at_desk(await console(language="en"))
    await open_page(page, f"/messages/{message_id}")
    assert person.mobile not in await page.content()
    await page.get_by_role("button", name="Show in clear").click()
    await page.get_by_role("button", name="Show and record").click()
    await expect(page.get_by_text(person.mobile)).to_be_visible()
    async with office(centre) as admin:
        found = await admin.ask("GET", f"/admin/audit?target=messages/{message_id}")
    assert [(row["actor"]["who"], row["action"]) for row in found["items"]] == [
        ("admin", "look")
    ]


async def test_a_search_by_recipient_reference_and_state(
    console: Console, his: System, providers: Providers
) -> None:
    person = somebody()
    wanted = await his.send(message(KIND, person, reference="HIS-SEARCH-1"))
    await his.ended(wanted)
    page = await at_desk(await console(language="en"))
    await open_page(page, "/messages")
    number = page.get_by_role("textbox", name="The recipient's number")
    await number.fill(person.mobile)
    await page.get_by_role("button", name="Search", exact=True).click()
    rows = page.locator(".hmc-listing tbody tr")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("HIS-SEARCH-1")
    await check_axe(page)
    await number.fill("not a number")
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.get_by_text("Please check the marked fields.")).to_be_visible()
    await page.get_by_role("button", name="Clear").click()
    reference = page.get_by_label("Message id or reference")
    await reference.fill("HIS-SEARCH-1")
    await reference.press("Enter")
    await expect(rows).to_have_count(1)
    await reference.fill("no such reference")
    await reference.press("Enter")
    await expect(page.get_by_text("No message fits.")).to_be_visible()
    await reference.fill(wanted)
    await reference.press("Enter")
    await page.wait_for_url(f"**/console/messages/{wanted}")


async def test_an_export_opens_as_text(
    console: Console, his: System, tmp_path: Path
) -> None:
    message_id = await his.send(message(KIND, somebody(), reference="=1+1"))
    await his.ended(message_id)
    page = await at_desk(await console(language="en"))
    await open_page(page, "/messages?client=console-his")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Export CSV").click()
    path = tmp_path / "messages.csv"
    await (await waiting.value).save_as(path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(csv_safe.BYTE_ORDER_MARK)
    rows = list(csv.DictReader(text.lstrip(csv_safe.BYTE_ORDER_MARK).splitlines()))
    found = next(row for row in rows if row["id"] == message_id)
    assert found["reference"] == "'=1+1"


async def test_failed_messages_are_sent_again_in_bulk(
    console: Console, centre: Centre, providers: Providers
) -> None:
    people = [somebody() for _ in range(4)]
    async with joined(centre, "console-bulk") as system:
        ids = [await fails(system, providers, person) for person in people]
        page = await at_desk(await console(language="en", width=390))
        await open_page(page, "/failed")
        await choose(page, "Client system", "console-bulk")
        await page.get_by_role("button", name="Search", exact=True).click()
        await expect(page.locator(".hmc-listing tbody tr")).to_have_count(4)
        await no_sideways(page)
        await page.get_by_role("button", name="Send all again").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("4 failed messages")
        await dialog.get_by_label("Reason").fill("the provider is back")
        await dialog.get_by_role("button", name="Send again").click()
        await expect(
            page.get_by_text("Done: 4 sent again, 0 left out.")
        ).to_be_visible()
        for message_id in ids:
            doc = await system.ended(message_id, run=2)
            assert doc["status"] == "delivered"
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.get_by_text("No failed message waits.")).to_be_visible()


async def test_a_stored_script_is_shown_as_text(
    console: Console, centre: Centre, his: System
) -> None:
    person = somebody()
    params = PARAMS | {"patient": XSS[:35]}
    body = message(KIND, person, reference=XSS[:64], params=params)
    recipient = {"identities": person.identities, "name": XSS}
    message_id = await his.send(body | {"recipient": recipient})
    await his.ended(message_id)
    page = await at_desk(await console(language="en", dark=True))
    await open_page(page, "/messages?client=console-his")
    await expect(page.get_by_role("cell", name=XSS[:30]).first).to_be_visible()
    await open_page(page, f"/messages/{message_id}")
    await page.get_by_role("button", name="Show in clear").click()
    await page.get_by_role("button", name="Show and record").click()
    await expect(page.get_by_text(XSS)).to_be_visible()
    await check_axe(page)


async def test_who_only_reads_changes_nothing(
    console: Console, centre: Centre, his: System, providers: Providers
) -> None:
    message_id = await fails(his, providers, somebody())
    async with signed_in(centre) as admin:
        body = {"username": "work-auditor", "role": "auditor"}
        secret = {"password": "correct horse battery 1"}
        await admin.ask("POST", "/admin/users", body | secret)
    page = await console(language="en")
    await at_desk(page, "work-auditor", secret["password"])
    await page.locator("[name=old]").fill(secret["password"])
    for name in ("password", "again"):
        await page.locator(f"[name={name}]").fill("another horse battery 2")
    await page.locator("[name=again]").press("Tab")
    await page.get_by_role("button", name="Change").click()
    await page.wait_for_url(lambda url: "/password" not in url)
    await open_page(page, f"/messages/{message_id}")
    await expect(page.get_by_role("button", name="Show in clear")).to_have_count(0)
    await expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    await expect(page.get_by_text("Step 1", exact=True)).to_be_visible()
    await open_page(page, "/failed")
    await expect(page.get_by_role("button", name="Send all again")).to_have_count(0)


async def test_an_unknown_message_says_what_to_do(console: Console) -> None:
    page = await at_desk(await console(language="en"))
    await page.goto("/console/messages/not-an-id")
    await expect(page.get_by_text("There is no such message")).to_be_visible()
