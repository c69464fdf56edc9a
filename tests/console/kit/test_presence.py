"""An open page ends with its session, whatever its browser makes of that."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect
from sqlmodel import col, update
from websockets.asyncio.client import connect

from centre.access import sessions as console_sessions
from centre.access import users
from centre.access.contracts import UserDraft
from centre.access.tables import ConsoleSessionRow, UserRow
from centre.audit.audit import Actor
from core.crypto import load_keyring
from core.words import Role
from db.store import Store, open_store
from deploy.remote import Remote
from tests.support.centre.running import Centre
from tests.support.console.page_script import Script, address_of, script_at
from tests.support.console.rig import BROWSER, Console, open_page, ready
from tests.support.stores.context import context_of

pytestmark = BROWSER
PASSWORD = "a phrase of my own"
SETUP = Actor(who="setup")

End = Callable[[Remote, Store, str], Awaitable[object]]


@asynccontextmanager
async def store_of(centre: Centre) -> AsyncIterator[Store]:
    keyring = load_keyring(centre.settings.keys_file)
    store = open_store(centre.settings.database, keyring)
    try:
        yield store
    finally:
        await store.close()


async def auditor(store: Store) -> tuple[str, str]:
    """Let somebody in; return their name and a session's token."""
    name = f"eve-{uuid4().hex[:8]}"
    draft = UserDraft(username=name, role=Role.AUDITOR, password=PASSWORD)
    context = context_of(store)
    user = await users.create_user(context, draft, SETUP)
    async with store.sessions.begin() as session:
        hers = update(UserRow).where(col(UserRow.username) == name)
        await session.exec(hers.values(must_change_password=False))
    return name, await console_sessions.begin(context, user, "127.0.0.1")


async def give_cookie(page: Page, token: str) -> None:
    name, domain, path = "hmc_console", "127.0.0.1", "/console"
    cookie = {"name": name, "value": token, "domain": domain, "path": path}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]


async def patch(admin: Remote, path: str, body: dict[str, object]) -> None:
    await admin._ask("PATCH", path, json=body)


async def disable(admin: Remote, _: Store, name: str) -> None:
    await patch(admin, f"/v1/admin/users/{name}", {"enabled": False})


async def demote(admin: Remote, _: Store, name: str) -> None:
    await patch(admin, f"/v1/admin/users/{name}", {"role": "operator"})


async def reset(admin: Remote, _: Store, name: str) -> None:
    body = {"password": "handed out by the admin"}
    await admin.put(f"/v1/admin/users/{name}/password", body)


async def end_all(admin: Remote, _: Store, name: str) -> None:
    await admin.delete(f"/v1/admin/users/{name}/sessions")


async def stay_idle(_: Remote, store: Store, name: str) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await _set_session(store, name, seen_at=long_ago)


async def sign_out(_: Remote, store: Store, name: str) -> None:
    await _set_session(store, name, token_hash=uuid4().hex)


async def grow_old(_: Remote, store: Store, name: str) -> None:
    """Let the password pass the 90 days it holds."""
    async with store.sessions.begin() as session:
        hers = update(UserRow).where(col(UserRow.username) == name)
        long_ago = datetime.now(UTC) - timedelta(days=91)
        await session.exec(hers.values(password_set_at=long_ago))


async def _set_session(store: Store, name: str, **columns: object) -> None:
    async with store.sessions.begin() as session:
        hers = col(ConsoleSessionRow.username) == name
        await session.exec(update(ConsoleSessionRow).where(hers).values(**columns))


ENDS = [disable, demote, reset, end_all, stay_idle, sign_out, grow_old]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_a_script_that_obeys_nothing_is_shown_nothing_new(
    centre: Centre, end: End
) -> None:
    async with store_of(centre) as store, centre.admin() as admin:
        name, token = await auditor(store)
        async with script_at(centre.url, "/audit", token) as page:
            await page.click("expand_more")
            await page.until_updated()
            await end(admin, store, name)
            shown = page.updates
            await page.until_closed()
            assert page.updates == shown
            assert page.got[-1][0] == "open"
            await _comes_back(centre, page)


async def _comes_back(centre: Centre, page: Script) -> None:
    """The same page is not there for a second socket."""
    async with connect(address_of(centre.url, page.client_id)) as socket:
        await socket.recv()
        await socket.send("40")
        assert str(await socket.recv()).startswith("44")


@pytest.mark.parametrize("path", ["/audit", "/", "/queues", "/users"])
async def test_what_a_script_does_on_an_ended_page_is_not_done(
    centre: Centre, path: str
) -> None:
    async with store_of(centre) as store, centre.admin() as admin:
        name, token = await auditor(store)
        async with script_at(centre.url, path, token) as page:
            await disable(admin, store, name)
            shown = page.updates
            await page.click("dark_mode")
            await page.until_closed()
            assert page.updates == shown


async def test_events_of_a_page_keep_their_order(centre: Centre) -> None:
    """The gate before the handlers asks the store; none may overtake another."""
    async with store_of(centre) as store:
        _, token = await auditor(store)
        async with script_at(centre.url, "/audit", token) as page:
            for _ in range(3):
                await page.click("dark_mode")
            await page.until_updated()
            assert page.updates


async def test_another_persons_page_goes_on(centre: Centre) -> None:
    async with store_of(centre) as store, centre.admin() as admin:
        eve, token = await auditor(store)
        _, other = await auditor(store)
        async with (
            script_at(centre.url, "/audit", token) as page,
            script_at(centre.url, "/audit", other) as beside,
        ):
            await disable(admin, store, eve)
            await page.until_closed()
            await beside.click("expand_more")
            await beside.until_updated()


async def test_a_browser_is_led_away(console: Console, centre: Centre) -> None:
    async with store_of(centre) as store, centre.admin() as admin:
        name, token = await auditor(store)
        page = await console(language="en")
        await give_cookie(page, token)
        await open_page(page, "/audit")
        await demote(admin, store, name)
        await page.wait_for_url("**/sign-in?ended=1")
        await ready(page)
        await expect(page.get_by_text("Your session has ended.")).to_be_visible()


async def test_a_browser_is_led_to_the_password_that_must_be_changed(
    console: Console, centre: Centre
) -> None:
    async with store_of(centre) as store, centre.admin() as admin:
        name, token = await auditor(store)
        page = await console(language="en")
        await give_cookie(page, token)
        await open_page(page, "/queues")
        await grow_old(admin, store, name)
        await page.wait_for_url("**/console/password")
        await ready(page)
        for field, value in (("old", PASSWORD), ("password", "x phrase of mine")):
            await page.locator(f"[name={field}]").fill(value)
        await page.locator("[name=again]").fill("x phrase of mine")
        await page.get_by_role("button", name="Change the password").click()
        await page.wait_for_url("**/console/")
        await open_page(page, "/queues")
        # The page of the exchanged session is held to the new one.
        await disable(admin, store, name)
        await page.wait_for_url("**/sign-in?ended=1")
