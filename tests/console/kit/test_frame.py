"""The frame around every page: sign-in, language, navigation."""

from playwright.async_api import expect

from tests.support.console.rig import (
    BROWSER,
    Console,
    check_axe,
    open_page,
    signed_in,
)

pytestmark = BROWSER


async def test_who_is_not_signed_in_is_asked_to_and_led_back(console: Console) -> None:
    page = await console(language="en")
    await page.goto("/console/users")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await check_axe(page)
    await page.get_by_label("User name").fill("admin")
    await page.locator("[name=password]").fill("correct horse battery staple")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Users")).to_be_visible()
    assert page.url.endswith("/console/users")


async def test_a_page_has_its_frame(console: Console) -> None:
    page = await signed_in(await console())
    await open_page(page, "/users")
    await expect(page.get_by_role("link", name="用户")).to_be_visible()
    await expect(page.get_by_role("cell", name="admin")).to_be_visible()
    await check_axe(page)
