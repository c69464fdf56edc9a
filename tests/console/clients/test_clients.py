"""Client systems in the console: created, used, rotated, revoked, switched off."""

import asyncio
import os
import re
import sys

from playwright.async_api import Page, expect

from centre.access import users
from centre.access.contracts import UserDraft
from centre.access.sign_in import set_own_password
from centre.audit.audit import Actor
from core.crypto import load_keyring
from core.words import Role
from db.store import open_store
from tests.support.centre.running import Centre
from tests.support.console.rig import (
    BROWSER,
    FADED_IN,
    XSS,
    Console,
    check_axe,
    no_sideways,
    open_page,
    signed_in,
)
from tests.support.stores.context import context_of

pytestmark = BROWSER


async def create(page: Page, code: str, name: str, *types: str) -> tuple[str, str]:
    """Create a client as an administrator does; return its key and secret."""
    await open_page(page, "/clients")
    await page.get_by_role("button", name="New client").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Code").fill(code)
    await dialog.get_by_label("Name", exact=True).fill(name)
    for kind in types:
        label = "Message types it may send"
        await dialog.get_by_role("combobox", name=label).fill(kind)
        await page.get_by_role("option", name=f"({kind})").click()
        await page.keyboard.press("Escape")
    await dialog.get_by_role("button", name="Create").click()
    return await shown_secret(page)


async def shown_secret(page: Page) -> tuple[str, str]:
    """Return the key and secret of the dialog that shows them, and close it."""
    keep = page.get_by_role("button", name="I have kept it")
    await expect(keep).to_be_visible()
    codes = page.locator("code.hmc-secret")
    pair = await codes.nth(0).inner_text(), await codes.nth(1).inner_text()
    await keep.click()
    await expect(keep).to_be_hidden()
    return pair


async def token_status(centre: Centre, appkey: str, appsecret: str) -> int:
    form = {"grant_type": "client_credentials"}
    async with centre.http() as http:
        answer = await http.post("/v1/token", data=form, auth=(appkey, appsecret))
    return answer.status_code


async def run(program: str, text: str, secret: str) -> str:
    """Run the lines the page shows, with the secret filled in."""
    outside = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    process = await asyncio.create_subprocess_exec(
        program,
        "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**outside, "APPSECRET": secret},
    )
    told, _ = await process.communicate(text.encode())
    assert process.returncode == 0, told.decode()
    return told.decode()


async def test_a_client_is_created_and_sends_with_the_lines_shown(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en"))
    code = "console-a"
    appkey, secret = await create(page, code, f"A {XSS}", "registration-success")
    await page.wait_for_url(f"**/clients/{code}")
    await expect(page.get_by_text(appkey).first).to_be_visible()
    assert secret not in await page.content()

    curl = page.get_by_role("region", name="curl")
    lines = (await curl.inner_text()).replace(
        "APPSECRET='...'", f"APPSECRET='{secret}'"
    )
    first = re.search(r'"id":\s*"([0-9a-f-]{36})"', await run("bash", lines, secret))
    assert first is not None, "the curl lines sent nothing"
    await page.get_by_role("tab", name="Python").click()
    python = await page.get_by_role("region", name="Python").inner_text()
    # The same Idempotency-Key with the same body: the same message.
    assert first[1] in await run(sys.executable, python, secret)

    await open_page(page, f"/clients/{code}")
    last_use = page.locator("dt", has_text="Last use").locator("+ dd")
    await expect(last_use).not_to_have_text("Never")
    async with centre.admin() as remote:
        document = await remote.get(f"/v1/messages/{first[1]}")
    assert document["client"] == code
    await check_axe(page)


async def test_what_is_wrong_is_said_at_its_field(console: Console) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/clients")
    await page.get_by_role("button", name="New client").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Code")).to_be_visible()
    await page.evaluate(FADED_IN)  # until then its texts are pale
    await check_axe(page)
    await dialog.get_by_label("Code").fill("Not A Code")
    await dialog.get_by_role("button", name="Create").click()
    await expect(
        dialog.get_by_text("small letters, digits and hyphens")
    ).to_be_visible()
    await dialog.get_by_label("Code").fill("console-wrong")
    await dialog.get_by_label("Name", exact=True).fill("Wrong")
    await dialog.get_by_label("Addresses it may call from").fill("10.0.0.0/99")
    await dialog.get_by_label("Callback address").fill("https://elsewhere.example/x")
    await dialog.get_by_label("Callback allow-list").fill("his.hospital.example")
    await dialog.get_by_role("button", name="Create").click()
    await expect(dialog.get_by_text("IP address or a network,")).to_be_visible()
    await expect(dialog.get_by_text("not in the callback allow-list")).to_be_visible()


async def test_secrets_rotate_with_an_overlap_and_are_revoked(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en"))
    appkey, first = await create(page, "console-b", "B")
    await page.wait_for_url("**/clients/console-b")
    await page.get_by_role("button", name="Rotate the secret").click()
    await expect(page.get_by_label("Overlap in hours")).to_have_value("24")
    await page.get_by_role("button", name="Issue").click()
    same, second = await shown_secret(page)
    assert (same, second != first) == (appkey, True)
    await expect(page.get_by_role("cell", name="Ending")).to_be_visible()
    assert await token_status(centre, appkey, first) == 200
    assert await token_status(centre, appkey, second) == 200
    old = page.get_by_role("row").filter(has_text="Ending")
    await old.get_by_role("button", name="Revoke the secret").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("cell", name="Revoked")).to_be_visible()
    assert await token_status(centre, appkey, first) == 401
    assert await token_status(centre, appkey, second) == 200


async def test_a_client_is_limited_and_switched_off(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en", dark=True, width=390))
    appkey, secret = await create(page, "console-c", "C")
    await page.wait_for_url("**/clients/console-c")
    await page.get_by_label("Addresses it may call from").fill("10.99.0.0/16")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("dd", has_text="10.99.0.0/16")).to_be_visible()
    assert await token_status(centre, appkey, secret) == 401
    await page.get_by_label("Addresses it may call from").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("dd", has_text="Anywhere")).to_be_visible()
    assert await token_status(centre, appkey, secret) == 200
    await page.get_by_role("button", name="Disable").click()
    await page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    await expect(page.get_by_role("button", name="Enable")).to_be_visible()
    assert await token_status(centre, appkey, secret) == 401
    await check_axe(page)
    await no_sideways(page)


async def test_who_may_not_change_sees_no_way_to(
    console: Console, centre: Centre
) -> None:
    password = "a long enough word 1A!"
    await _auditor(centre, "console-auditor", password)
    page = await console(language="en")
    await signed_in(page, "console-auditor", password)
    await open_page(page, "/clients")
    await expect(page.get_by_role("link", name="his", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="New client")).to_have_count(0)
    await open_page(page, "/clients/his")
    for name in ("Save", "Disable", "Rotate the secret", "Revoke the secret"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)


async def _auditor(centre: Centre, username: str, password: str) -> None:
    """Let an auditor in who has changed the first password already."""
    settings = centre.settings
    store = open_store(settings.database, load_keyring(settings.keys_file))
    draft = UserDraft(username=username, role=Role.AUDITOR, password=f"{password}!1")
    context = context_of(store)
    await users.create_user(context, draft, Actor(who="admin"))
    await set_own_password(context, Actor(who=username), password, None)
    await store.close()
