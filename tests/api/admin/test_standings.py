"""What providers said of an identity, by the admin API; who may undo it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from centre.reachability import queries as standings
from core.models import Address
from core.words import Channel, IdentityType, Role
from sandbox.weixin.events import cdata, signed
from tests.support.api.administrator import Desk
from tests.support.api.rig import problem, running_api

OPENID = Address(type=IdentityType.WECHAT_OPENID, value="oPenId-of-Zhang")
STANDINGS = f"/standings/wechat_openid/{OPENID.value}"
CONSENTS = "/consents/wechat_mini_openid/mini-of-Zhang"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_api(tmp_path / "var") as rig:
        yield Desk(rig, await rig.person(Role.ADMIN))


async def refuse(desk: Desk, code: str, channel: Channel = Channel.WECHAT) -> None:
    async with desk.rig.context.store.sessions.begin() as session:
        await standings.note_refusal(
            session, channel, OPENID, "exam-booking", code, datetime.now(UTC)
        )


async def listed(desk: Desk, path: str = STANDINGS) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await desk.done("GET", path))["items"]
    return items


async def happen(
    desk: Desk, channel: str, openid: str, event: str, inside: str = ""
) -> None:
    """Let WeChat report an event, signed as it signs."""
    now = str(int(datetime.now(UTC).timestamp()))
    xml = (
        f"<xml><FromUserName>{cdata(openid)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType>{cdata('event')}</MsgType>"
        f"<Event>{cdata(event)}</Event>{inside}</xml>"
    )
    answer = await desk.rig.http.post(
        f"/v1/receipts/{channel}/sandbox-secret",
        params=signed("sandbox-secret", now),
        content=xml.encode(),
        headers={"content-type": "text/xml"},
    )
    assert answer.text == "success", answer.text


def popup(choice: str) -> str:
    return (
        f"<SubscribeMsgPopupEvent><List><TemplateId>{cdata('T1')}</TemplateId>"
        f"<SubscribeStatusString>{cdata(choice)}</SubscribeStatusString>"
        "</List></SubscribeMsgPopupEvent>"
    )


async def test_a_standing_is_shown_with_what_follows(desk: Desk) -> None:
    assert await listed(desk) == []
    await refuse(desk, "43004")
    [found] = await listed(desk)
    shown = {"channel": "wechat", "state": "unfollowed", "code": "43004", "count": 1}
    assert found | shown == found
    assert (found["reason"], found["message_type"]) == ("not_following", None)
    assert found["since"] < found["until"]


async def test_a_doubt_is_shown_and_keeps_nothing_back(desk: Desk) -> None:
    await refuse(desk, "40003")
    [found] = await listed(desk)
    assert (found["state"], found["reason"]) == ("invalid", None)


async def test_an_operator_clears_and_the_log_says_so(desk: Desk) -> None:
    await refuse(desk, "43019")
    await refuse(desk, "43019", Channel.WECHAT_MEDICAL)
    operator = Desk(desk.rig, await desk.rig.person(Role.OPERATOR))
    auditor = Desk(desk.rig, await desk.rig.person(Role.AUDITOR))
    problem(await auditor.ask("DELETE", STANDINGS), 403)
    one = await operator.ask("DELETE", STANDINGS, None, channel="wechat")
    assert one.status_code == 204
    assert [s["channel"] for s in await listed(auditor)] == ["wechat_medical"]
    assert (await operator.ask("DELETE", STANDINGS)).status_code == 204
    assert await listed(desk) == []
    rows = (await desk.done("GET", "/audit"))["items"]
    assert [row["action"] for row in rows[:2]] == ["clear-standing"] * 2
    assert OPENID.value not in str(rows)


async def test_a_subscribe_event_brings_a_follower_back(desk: Desk) -> None:
    await refuse(desk, "43004")
    await happen(desk, "wechat", OPENID.value, "subscribe")
    [found] = await listed(desk)
    assert (found["state"], found["reason"]) == ("following", None)
    await happen(desk, "wechat", OPENID.value, "unsubscribe")
    assert (await listed(desk))[0]["reason"] == "not_following"


async def test_consents_come_by_event_and_by_hand(desk: Desk) -> None:
    assert await listed(desk, CONSENTS) == []
    accept = ("wechat_mini", "mini-of-Zhang", "subscribe_msg_popup_event")
    for count in (1, 2):
        await happen(desk, *accept, popup("accept"))
        [found] = await listed(desk, CONSENTS)
        assert (found["template"], found["quota"]) == ("T1", count)
    await happen(desk, *accept, popup("reject"))
    assert (await listed(desk, CONSENTS))[0]["quota"] == 0
    body = {"template": "T1", "quota": 5, "unlimited": True}
    await desk.done("PUT", CONSENTS, body, 204)
    [found] = await listed(desk, CONSENTS)
    assert (found["quota"], found["unlimited"]) == (5, True)


async def test_what_is_wrong_is_not_repeated(desk: Desk) -> None:
    for path in ("/standings/mobile/12345", "/consents/mobile/12345"):
        assert "12345" not in problem(await desk.ask("GET", path), 422)["detail"]
    for body in (
        {"template": ""},
        {"template": "T", "quota": -1},
        {"template": "T", "unlimited": 1},
        {"quota": 1},
    ):
        problem(await desk.ask("PUT", CONSENTS, body), 422)
