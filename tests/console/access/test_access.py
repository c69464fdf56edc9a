"""Signing in and out, the second factor, users and their sessions, in Chromium."""

import time

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.support.centre.running import PASSWORD, Centre, running_centre
from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    open_page,
    ready,
    screenshot,
    signed_in,
)

pytestmark = BROWSER
OWN = "one of my own choice"
NAMES = {"admin": "赵敏", "operator": "钱程", "auditor": "孙立"}


def _then() -> int:
    """Return a time of the step before this one."""
    return int(time.time()) - 30


async def somebody(centre: Centre, username: str, role: str) -> str:
    """Let a person in by the API, who has chosen a password; return that."""
    users = "/v1/admin/users"
    body = {"username": username, "role": role, "password": "given by an admin"}
    async with centre.admin() as admin:
        await admin.post(users, body | {"name": NAMES[role]})
    return "given by an admin"


async def settled(console: Console, centre: Centre, username: str, role: str) -> Page:
    """Let a person in, who signs in and chooses a password."""
    first = await somebody(centre, username, role)
    page = await signed_in(await console(language="en"), username, first)
    await expect(page.get_by_role("heading", name="New password")).to_be_visible()
    await change_password(page, first, OWN)
    return page


async def change_password(page: Page, old: str, new: str) -> None:
    await page.locator("[name=old]").fill(old)
    await page.locator("[name=password]").fill(new)
    await page.locator("[name=again]").fill(new)
    await page.get_by_role("button", name="Change the password").click()
    await page.wait_for_url("**/console/")
    await ready(page)


async def sign_out(page: Page, username: str) -> None:
    await page.get_by_role("button", name=f"Menu of {username}").click()
    await page.get_by_text("Sign out", exact=True).click()
    await page.wait_for_url("**/sign-in*")
    await ready(page)


async def fill_in(page: Page, username: str, password: str) -> None:
    await page.locator("[name=username]").fill(username)
    await page.locator("[name=password]").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_second_factor_is_turned_on_and_asked_for(
    console: Console, centre: Centre
) -> None:
    page = await settled(console, centre, "two-factor", "operator")
    await open_page(page, "/account")
    await page.get_by_role("button", name="Turn on two-factor").click()
    await expect(
        page.get_by_alt_text("QR code for an authenticator app")
    ).to_be_visible()
    secret = await page.locator(".hmc-dialog code").inner_text()
    await check_axe(page)
    await screenshot(page, "account-two-factor")
    totp = pyotp.TOTP(secret)
    await page.locator("[name=code]").fill("000000")
    await page.get_by_role("button", name="Turn it on").click()
    await expect(page.get_by_text("This is not what the app shows now")).to_be_visible()
    await page.locator("[name=code]").fill(totp.now())
    await page.get_by_role("button", name="Turn it on").click()
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = (await page.locator(".hmc-dialog code").inner_text()).split()
    assert len(codes) == 10
    await page.get_by_role("button", name="I have kept it").click()
    await expect(page.get_by_text("Recovery codes left: 10")).to_be_visible()
    await sign_out(page, "two-factor")
    await fill_in(page, "two-factor", OWN)
    await expect(page.get_by_label("Code")).to_be_visible()
    await screenshot(page, "sign-in-code")
    await page.get_by_label("Code").fill("000000")
    await page.get_by_label("Code").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("code is wrong")
    await page.get_by_label("Code").fill(codes[0])
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/console/")
    await open_page(page, "/account")
    await expect(page.get_by_text("Recovery codes left: 9")).to_be_visible()


async def test_where_it_is_required_it_is_turned_on_before_anything_else(
    console: Console, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("required") / "var"
    async with running_centre(folder, second_factor="required") as strict:
        page = await console(language="en", base_url=strict.url)
        await signed_in(page)
        await expect(page.get_by_text("requires two-factor sign-in")).to_be_visible()
        await page.goto("/console/users")
        await page.wait_for_url("**/console/account")
        await ready(page)
        await page.get_by_role("button", name="Turn on two-factor").click()
        secret = await page.locator(".hmc-dialog code").inner_text()
        await page.locator("[name=code]").fill(pyotp.TOTP(secret).now())
        await page.get_by_role("button", name="Turn it on").click()
        await page.get_by_role("button", name="I have kept it").click()
        await expect(page.get_by_text("requires two-factor")).to_be_hidden()
        turn_off = page.get_by_role("button", name="Turn off two-factor")
        await expect(turn_off).to_be_hidden()
        await open_page(page, "/users")


async def test_signing_in_with_the_apps_code(console: Console, centre: Centre) -> None:
    page = await settled(console, centre, "with-app", "operator")
    await open_page(page, "/account")
    await page.get_by_role("button", name="Turn on two-factor").click()
    secret = await page.locator(".hmc-dialog code").inner_text()
    # A code counts once: the last one opens it, so that the present one is left.
    await page.locator("[name=code]").fill(pyotp.TOTP(secret).at(_then()))
    await page.locator("[name=code]").press("Enter")
    await page.get_by_role("button", name="I have kept it").click()
    await expect(page.get_by_text("Recovery codes left: 10")).to_be_visible()
    other = await console(language="en")
    await signed_in(other, "with-app", OWN, totp=secret)
    await expect(other.get_by_role("heading", name="Home")).to_be_visible()


async def test_the_first_password_is_changed_before_anything_else(
    console: Console, centre: Centre
) -> None:
    first = await somebody(centre, "newcomer", "auditor")
    page = await signed_in(await console(language="en"), "newcomer", first)
    await page.goto("/console/audit")
    assert page.url.endswith("/console/password")
    await check_axe(page)
    await screenshot(page, "first-password")
    await page.locator("[name=old]").fill("wrong")
    await page.locator("[name=password]").fill("short")
    await page.locator("[name=again]").fill("short")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("The present password is wrong.")).to_be_visible()
    await page.locator("[name=old]").fill(first)
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("Must have 8 to 256 characters.")).to_be_visible()
    await change_password(page, first, OWN)
    await open_page(page, "/audit")
    await expect(page.get_by_role("heading", name="Audit log")).to_be_visible()


async def test_five_failures_lock_a_name(console: Console, centre: Centre) -> None:
    await somebody(centre, "forgetful", "operator")
    page = await console(language="en")
    await open_page(page, "/sign-in")
    await fill_in(page, "forgetful", "wrong")
    await expect(page.get_by_role("alert")).to_contain_text("is wrong")
    body = {"username": "forgetful", "password": "wrong"}
    async with centre.http() as http:  # the API counts the same failures
        for _ in range(4):
            assert (await http.post("/v1/session", json=body)).status_code == 401
    await fill_in(page, "forgetful", "given by an admin")
    await expect(page.get_by_role("alert")).to_contain_text("locked")
    await check_axe(page)


async def test_an_administrator_lets_somebody_in_and_shuts_them_out(
    console: Console, centre: Centre
) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/users")
    await page.get_by_role("button", name="New user").click()
    await page.get_by_label("User name").fill("Not Allowed")
    await page.get_by_label("Name", exact=True).fill("周晓")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Please check the marked fields.")).to_be_visible()
    await page.get_by_label("User name").fill("zhou")
    await check_axe(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="The first password")).to_be_visible()
    first = await page.locator(".hmc-dialog code").last.inner_text()
    await page.get_by_role("button", name="I have kept it").click()
    await expect(page.get_by_role("cell", name="zhou", exact=True)).to_be_visible()
    other = await signed_in(await console(language="en"), "zhou", first)
    await expect(other.get_by_role("heading", name="New password")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="zhou")
    await row.get_by_role("button", name="Change", exact=True).click()
    await page.get_by_role("switch", name="May sign in").click()
    await page.get_by_role("button", name="Save").click()
    await expect(row.get_by_text("Disabled")).to_be_visible()
    await other.wait_for_url("**/sign-in?ended=1", timeout=15_000)
    await ready(other)
    await fill_in(other, "zhou", first)
    await expect(other.get_by_role("alert")).to_contain_text("is wrong")


async def test_nobody_disables_themselves(console: Console) -> None:
    page = await signed_in(await console(language="en"))
    await open_page(page, "/users")
    row = page.get_by_role("row").filter(
        has=page.get_by_role("cell", name="admin", exact=True)
    )
    await row.get_by_role("button", name="Change", exact=True).click()
    await page.get_by_role("switch", name="May sign in").click()
    await page.get_by_role("button", name="Save").click()
    told = page.get_by_text("Another administrator must change this for you.")
    await expect(told).to_be_visible()


async def test_signed_out_in_one_tab_is_signed_out_in_all(
    console: Console, centre: Centre
) -> None:
    page = await settled(console, centre, "two-tabs", "admin")
    second = await page.context.new_page()
    await open_page(second, "/users")
    await sign_out(page, "two-tabs")
    await second.wait_for_url("**/sign-in*", timeout=15_000)
    await expect(second.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_an_auditor_sees_and_changes_nothing(
    console: Console, centre: Centre
) -> None:
    page = await settled(console, centre, "looker", "auditor")
    await open_page(page, "/users")
    await expect(page.get_by_role("cell", name="admin", exact=True)).to_be_visible()
    assert await page.get_by_role("button", name="New user").count() == 0
    assert await page.locator("tbody button").count() == 0


async def test_who_ends_all_sessions_signs_in_again(
    console: Console, centre: Centre
) -> None:
    page = await settled(console, centre, "everywhere", "operator")
    other = await signed_in(await console(language="en"), "everywhere", OWN)
    await open_page(page, "/account")
    await page.get_by_role("button", name="End all sessions").click()
    await (
        page.get_by_role("dialog")
        .get_by_role("button", name="End all sessions")
        .click()
    )
    for tab in (page, other):
        await tab.wait_for_url("**/sign-in?ended=1", timeout=15_000)
    await expect(page.get_by_text("Your session has ended.")).to_be_visible()


async def test_the_api_asks_for_the_code_too(console: Console, centre: Centre) -> None:
    page = await settled(console, centre, "by-api", "operator")
    await open_page(page, "/account")
    await page.get_by_role("button", name="Turn on two-factor").click()
    secret = await page.locator(".hmc-dialog code").inner_text()
    await page.locator("[name=code]").fill(pyotp.TOTP(secret).at(_then()))
    await page.locator("[name=code]").press("Enter")
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    body = {"username": "by-api", "password": OWN}
    async with centre.http() as http:
        without = await http.post("/v1/session", json=body)
        wrong = await http.post("/v1/session", json=body | {"code": "000000"})
        code = pyotp.TOTP(secret).now()
        right = await http.post("/v1/session", json=body | {"code": code})
        again = await http.post("/v1/session", json=body | {"code": code})
    answers = [answer.status_code for answer in (without, wrong, right, again)]
    assert answers == [401, 401, 200, 401]
    assert "code" in without.json()["detail"]


async def test_the_password_of_the_tests_is_not_a_default(centre: Centre) -> None:
    async with centre.http() as http:
        body = {"username": "admin", "password": "admin"}
        assert (await http.post("/v1/session", json=body)).status_code == 401
        body = {"username": "admin", "password": PASSWORD}
        assert (await http.post("/v1/session", json=body)).status_code == 200
