"""A ward's own page keeps no word of what was taken back, or is over."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect

from tests.centre.workstations.test_gone_screens import take_back
from tests.console.operations.test_ward import enter
from tests.support.api.ward import Ward, running_ward
from tests.support.console.rig import BROWSER, Console

pytestmark = BROWSER


@pytest_asyncio.fixture(loop_scope="session")
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    async with running_ward(tmp_path / "var") as running:
        yield running


async def test_the_wards_page_keeps_no_word_of_what_was_taken_back(
    console: Console, ward: Ward
) -> None:
    page = await console(base_url=f"http://127.0.0.1:{ward.port}", language="en")
    await enter(page, "icu-1", ward.secrets["icu-1"])
    sending = await ward.sent()
    box = page.locator("article")
    await expect(box).to_contain_text("血钾 2.1")
    await take_back(ward.rig, sending)
    await expect(box).to_contain_text("Taken back by its sender")
    assert "血钾" not in await page.content()
    assert "危急值" not in await box.inner_html()


async def test_the_wards_page_keeps_no_word_of_what_has_expired(
    console: Console, ward: Ward
) -> None:
    page = await console(base_url=f"http://127.0.0.1:{ward.port}", language="en")
    await page.clock.install()
    await enter(page, "icu-1", ward.secrets["icu-1"])
    await ward.sent(expires_at=datetime.now(UTC) + timedelta(hours=1))
    box = page.locator("article")
    await expect(box).to_contain_text("血钾 2.1")
    await page.clock.fast_forward("01:00:05")
    await expect(box).to_contain_text("It has expired")
    assert "血钾" not in await page.content()
