"""An opt-out that a person sent by SMS, at the person in the console; undone there."""

import pytest
from playwright.async_api import expect

from tests.support.centre.running import Centre
from tests.support.centre.system import signed_in as in_office
from tests.support.centre.system import somebody
from tests.support.console.rig import BROWSER, Console, check_axe, open_page, signed_in

pytestmark = BROWSER


@pytest.mark.parametrize(
    ("language", "source", "undo", "none"),
    [
        ("en", "SMS reply", "Take it back", "No opt-out"),
        ("zh", "短信回复", "取消退订", "没有退订"),
    ],
)
async def test_a_reply_is_shown_and_undone(
    console: Console,
    centre: Centre,
    language: str,
    source: str,
    undo: str,
    none: str,
) -> None:
    person = somebody()
    async with in_office(centre) as admin:
        body = {"name": "回复者", "identities": {"mobile": person.mobile}}
        made = await admin.ask("PUT", f"/admin/patients/{person.empi}", body)
    reply = [{"phone_number": person.mobile, "content": "退订", "sequence_id": 1}]
    async with centre.http() as http:
        answer = await http.post("/v1/receipts/sms/sandbox-secret", json=reply)
        assert answer.status_code == 200
    page = await signed_in(await console(language=language))
    await open_page(page, f"/patients/{made['id']}")
    row = page.get_by_role("row").filter(has_text=source)
    await expect(row).to_be_visible()
    await check_axe(page)
    await row.get_by_role("button", name=undo).click()
    await page.get_by_role("dialog").get_by_role("button", name=undo).click()
    await expect(page.get_by_text(none)).to_be_visible()
