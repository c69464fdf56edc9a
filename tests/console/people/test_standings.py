"""A patient's page in the browser: what a channel said of them, and clearing it."""

from playwright.async_api import Page, expect

from tests.support.centre.providers import providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import joined, somebody
from tests.support.centre.system import signed_in as office
from tests.support.centre.types import BOOKING, define, message
from tests.support.console.rig import BROWSER, Console, check_axe, open_page
from tests.support.console.rig import signed_in as at_desk

pytestmark = BROWSER
KIND = "console-standings"


async def test_a_standing_is_shown_and_cleared(
    console: Console, centre: Centre
) -> None:
    person = somebody()
    async with office(centre) as admin, providers_of(centre) as providers:
        await define(admin, KIND, BOOKING)
        known = {"wechat_openid": person.openid, "wechat_mini_openid": person.mini}
        body = {"name": "王小明", "identities": known}
        made = await admin.ask("PUT", f"/admin/patients/{person.empi}", body)
        path = f"/v1/admin/consents/wechat_mini_openid/{person.mini}"
        await admin.http.put(path, json={"template": "mini-template-1", "quota": 2})
        await providers.obey(rule(person, "wechat", "unsubscribed"))
        async with joined(centre, "console-standings") as his:
            await his.ended(await his.send(message(KIND, person)))
        await providers.obey()
    page = await at_desk(await console(language="en"))
    await open_page(page, f"/patients/{made['id']}")
    await expect(
        page.get_by_role("cell", name="Does not follow", exact=True)
    ).to_be_visible()
    await expect(page.get_by_text("Known not to follow the account")).to_be_visible()
    await expect(page.get_by_text("mini-template-1")).to_be_visible()
    await check_axe(page)
    await page.get_by_role("button", name="Clear", exact=True).first.click()
    await (
        page.get_by_role("dialog")
        .get_by_role("button", name="Clear", exact=True)
        .click()
    )
    await expect(page.get_by_text("No channel has reported anything")).to_be_visible()
    await note_a_consent(page)


async def note_a_consent(page: Page) -> None:
    """Set what is left of a template; what can't be one is refused."""
    await page.get_by_role("button", name="Note a consent").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Template").fill("模板")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert").first).to_be_visible()
    await dialog.get_by_label("Template").fill("mini-template-2")
    await dialog.get_by_label("Messages left").fill("3")
    await check_axe(page)
    await dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="mini-template-2")
    await expect(row).to_contain_text("3")
