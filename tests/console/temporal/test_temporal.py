"""Temporal's Web UI from the console: in clear for who may look, and on record."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from core.words import Role
from tests.support.centre.running import PASSWORD, Centre
from tests.support.centre.system import Person, System, joined, signed_in, somebody
from tests.support.centre.types import PARAMS, define, message
from tests.support.console.rig import (
    BROWSER,
    WAIT_MS,
    XSS,
    Console,
    check_axe,
    open_page,
    ready,
    signed_in_as,
)
from tests.support.console.rig import signed_in as at_desk

pytestmark = BROWSER
KIND = "history-booking"
UI = "/console/temporal"
WORKFLOWS = "/namespaces/default/workflows"
# A wait for the browser is longer where its page loads two hundred scripts.
PATIENT = WAIT_MS * 2


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        # Without SMS, whose provider takes no name as long as the script.
        await define(admin, KIND, {"wechat": 0.8})
    async with joined(centre, "history-his") as system:
        yield system


@pytest_asyncio.fixture(loop_scope="session")
async def person() -> Person:
    return somebody()


@pytest_asyncio.fixture(loop_scope="session")
async def sent(his: System, person: Person) -> str:
    """A message that has its end; its id."""
    message_id = await his.send(message(KIND, person, params=PARAMS | {"patient": XSS}))
    await his.ended(message_id)
    return message_id


async def looks(centre: Centre, message_id: str) -> list[tuple[str, str]]:
    """Return who looked into a message's history, newest first."""
    async with signed_in(centre) as admin:
        found = await admin.ask("GET", f"/admin/audit?target=messages/{message_id}")
    return [(row["actor"]["who"], row["action"]) for row in found["items"]]


async def in_language(page: Page, centre: Centre, tongue: str) -> None:
    """Let the pages that follow be in another language."""
    await page.context.add_cookies(
        [{"name": "hmc_lang", "value": tongue, "url": centre.url}]
    )


async def history(page: Page) -> Page:
    """Wait until a history is drawn, whatever of it can be read."""
    await page.wait_for_url("**/history", timeout=PATIENT)
    events = page.get_by_text("Workflow Execution Started").first
    await expect(events).to_be_visible(timeout=PATIENT)
    return page


async def read(page: Page, person: Person) -> Page:
    """Wait until a history is drawn and shows whom its message is for."""
    await history(page)
    clear = page.get_by_text(person.mobile).first
    await expect(clear).to_be_visible(timeout=PATIENT)
    return page


async def test_an_operator_reads_a_history_from_the_messages_page(
    console: Console, centre: Centre, person: Person, sent: str
) -> None:
    page = await console(language="en")
    await signed_in_as(page, centre, Role.OPERATOR, "history-reader")
    await open_page(page, f"/messages/{sent}")
    link = page.get_by_role("link", name="Its workflow in Temporal")
    async with page.expect_popup() as opening:
        await link.click()
    shown = await read(await opening.value, person)
    assert f"{UI}{WORKFLOWS}/message-{sent}/" in shown.url
    # One look, of thirty calls, is one record.
    assert await looks(centre, sent) == [("history-reader", "look-history")]
    await expect(shown.get_by_role("button", name="Reset")).to_be_disabled()


async def test_the_look_stands_in_the_audit_log_in_words(
    console: Console, centre: Centre, person: Person, sent: str
) -> None:
    page = await at_desk(await console(language="en"))
    await page.goto(f"{UI}{WORKFLOWS}/message-{sent}")
    await read(page, person)
    told = {"en": "look into a workflow's history", "zh": "查看流程历史"}
    for tongue, words in told.items():
        await in_language(page, centre, tongue)
        await open_page(page, f"/audit?target=messages/{sent}")
        await expect(page.get_by_role("cell", name=words).first).to_be_visible()


async def test_an_auditor_is_told_why_not(
    console: Console, centre: Centre, sent: str
) -> None:
    page = await console(language="en")
    await signed_in_as(page, centre, Role.AUDITOR, "history-auditor")
    await open_page(page, f"/messages/{sent}")
    await expect(page.get_by_role("link", name="Its workflow")).to_have_count(0)
    told = {"en": "for operators and administrators", "zh": "只供操作员和管理员"}
    for tongue, words in told.items():
        await in_language(page, centre, tongue)
        answer = await page.goto(f"{UI}{WORKFLOWS}/message-{sent}")
        assert answer is not None
        assert answer.status == 403
        await expect(page.get_by_text(words)).to_be_visible()
        await check_axe(page)
    for path in ("/api/v1/settings", f"/api/v1/{WORKFLOWS}/message-{sent}/history"):
        assert (await page.request.get(f"{UI}{path}")).status == 403
    decode = await page.request.post(
        f"{UI}/codec/decode", data={"payloads": []}, headers=here(centre)
    )
    assert decode.status == 403
    assert await looks(centre, sent) == []


def here(centre: Centre) -> dict[str, str]:
    """Return what a browser says of a call from the console's own page."""
    return {"Origin": centre.url, "Content-Type": "application/json"}


async def test_nobody_sees_it_without_signing_in(centre: Centre, sent: str) -> None:
    async with centre.http() as http:
        for path in ("", "/", f"{WORKFLOWS}/message-{sent}"):
            page = await http.get(f"{UI}{path}")
            assert page.status_code == 303
            assert page.headers["location"].startswith(
                "/console/sign-in?next=/temporal"
            )
        for path in ("/api/v1/settings", "/favicon.ico"):
            assert (await http.get(f"{UI}{path}")).status_code == 401
        body: dict[str, list[str]] = {"payloads": []}
        answer = await http.post(f"{UI}/codec/decode", json=body, headers=here(centre))
        assert answer.status_code == 401


async def test_who_signs_in_comes_back_to_the_history(
    console: Console, person: Person, sent: str
) -> None:
    page = await console(language="en")
    await page.goto(f"{UI}{WORKFLOWS}/message-{sent}")
    await page.wait_for_url(lambda url: "/sign-in?next=" in url)
    await ready(page)
    await page.locator("[name=username]").fill("admin")
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("[name=password]").press("Enter")
    await read(page, person)


async def test_at_its_own_address_everything_is_sealed(
    console: Console, centre: Centre, person: Person, sent: str
) -> None:
    own = f"http://127.0.0.1:{centre.settings.temporal_ui_port}"
    page = await console(language="en", base_url=own)
    await page.goto("/")
    listed = page.get_by_role("link", name=f"message-{sent}")
    await expect(listed).to_be_visible(timeout=PATIENT)
    await page.goto(f"{WORKFLOWS}/message-{sent}")
    await history(page)
    sealed = page.get_by_text("encryption-key-id").first
    await expect(sealed).to_be_visible(timeout=PATIENT)
    assert person.mobile not in await page.content()
    assert await looks(centre, sent) == []
