"""In the browser: who waits for a provider, and how long a type does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlmodel import col, delete

from centre.messages import status as progress
from centre.messages import writes as message_writes
from centre.messages.tables import MessageIdentityRow, MessageRow
from core.crypto import load_keyring
from core.models import Message, MessageStatus, Waiting
from core.words import Channel, Outcome, Priority, Reason, Status
from db.store import open_store
from tests.support.centre.running import Centre
from tests.support.centre.system import signed_in as office
from tests.support.centre.types import define
from tests.support.console.rig import BROWSER, Console, check_axe, open_page, signed_in
from tests.support.workflows.fakes import message

pytestmark = BROWSER
Keep = Callable[[Message, MessageStatus], Awaitable[str]]
SMS = Channel.SMS


@pytest_asyncio.fixture(loop_scope="session")
async def keep(centre: Centre) -> AsyncIterator[Keep]:
    """Write messages down that no workflow knows, for one test."""
    keyring = load_keyring(centre.settings.keys_file)
    store, kept = open_store(centre.settings.database, keyring), list[UUID]()

    async def keep(sent: Message, doc: MessageStatus) -> str:
        kept.append(sent.id)
        async with store.sessions.begin() as session:
            await message_writes.record(session, sent, doc)
        return f"/messages/{sent.id}"

    yield keep
    async with store.sessions.begin() as session:
        await session.exec(delete(MessageRow).where(col(MessageRow.id).in_(kept)))
        of = col(MessageIdentityRow.message_id)
        await session.exec(delete(MessageIdentityRow).where(of.in_(kept)))
    await store.close()


def waiting(status: Status, priority: Priority) -> tuple[Message, MessageStatus]:
    """Return a message that waits for the provider of texts."""
    sent, now = message(priority=priority), datetime.now(UTC)
    doc = progress.with_outcome(progress.begin(sent), SMS, Outcome.SENDING, now)
    news = {
        "status": status,
        "waiting": Waiting(
            reason=Reason.UNREACHABLE,
            until=now + timedelta(hours=2),
            channel=SMS,
            account="main",
        ),
    }
    return sent, doc.model_copy(update=news)


@pytest.mark.parametrize(
    ("language", "status", "words"),
    [
        ("en", Status.DELIVERING, "waits for the provider of SMS"),
        ("zh", Status.DELIVERING, "正在等待"),
        ("en", Status.DELIVERED, "SMS is still being tried"),
        ("zh", Status.DELIVERED, "仍在重试"),
    ],
)
async def test_a_message_says_for_which_provider_it_waits_and_until_when(
    console: Console,
    centre: Centre,
    keep: Keep,
    language: str,
    status: Status,
    words: str,
) -> None:
    sent, doc = waiting(status, Priority.CRITICAL)
    page = await signed_in(await console(language=language))
    await open_page(page, await keep(sent, doc))
    story = page.locator(".hmc-words")
    await expect(story).to_contain_text(words)
    assert doc.waiting is not None
    at = doc.waiting.until.astimezone(centre.settings.timezone)
    await expect(story).to_contain_text(at.strftime("%Y-%m-%d %H:%M"))
    await check_axe(page)


@pytest.mark.parametrize(
    ("language", "failed", "again"),
    [
        ("en", "goes out again by itself", "the centre sent it again by itself"),
        ("zh", "恢复后会自动重发", "系统自动重发"),
    ],
)
async def test_a_message_says_that_it_goes_out_by_itself_or_did(
    console: Console, keep: Keep, language: str, failed: str, again: str
) -> None:
    sent = message()
    now = datetime.now(UTC)
    later = {"status": Status.FAILED, "resendable_until": now + timedelta(hours=1)}
    on = {"resends_on": (SMS,)}
    page = await signed_in(await console(language=language))
    doc = progress.begin(sent).model_copy(update=later | on)
    await open_page(page, await keep(sent, doc))
    await expect(page.locator(".hmc-words")).to_contain_text(failed)
    sent = message()
    done = {"status": Status.DELIVERED, "run": 2, "automatic_resends": 1}
    doc = progress.begin(sent).model_copy(update=done)
    await open_page(page, await keep(sent, doc))
    await expect(page.locator(".hmc-words")).to_contain_text(again)


async def test_the_first_page_says_how_many_wait(console: Console, keep: Keep) -> None:
    sent, doc = waiting(Status.DELIVERING, Priority.NORMAL)
    await keep(sent, doc)
    page = await signed_in(await console(language="en"))
    troubles = page.locator(".hmc-verdict")
    await open_page(page, "/")
    await expect(troubles).to_contain_text("wait for the provider to be back")
    await expect(troubles).to_contain_text("main")


async def test_a_type_is_told_how_long_to_wait(
    console: Console, centre: Centre
) -> None:
    code = "console-away"
    async with office(centre) as admin:
        await define(admin, code, {"sms": 0.9})
        page = await signed_in(await console(language="en"))
        await open_page(page, f"/types/{code}")
        await expect(page.get_by_text("waits 1800 s")).to_be_visible()
        await page.get_by_label("Seconds to wait for a provider that is away").fill(
            "90"
        )
        await page.get_by_role("switch", name="Send again by itself").click()
        await check_axe(page)
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(
            page.get_by_text("waits 90 s, then fails for good")
        ).to_be_visible()
        kind = await admin.ask("GET", f"/admin/message-types/{code}")
    assert (kind["retry_seconds"], kind["resend_when_back"]) == (90, False)


async def test_a_type_s_time_is_whole_seconds_of_a_day(centre: Centre) -> None:
    async with office(centre) as admin:
        for wrong in (-1, 86_401, 1.5, "90", True):
            path = "/v1/admin/message-types/lab-report"
            answer = await admin.http.patch(path, json={"retry_seconds": wrong})
            assert answer.status_code == 422, wrong
