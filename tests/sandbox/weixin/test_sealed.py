"""Encrypted events of the sandbox: read by the vendors' library, and by the centre."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from wechatpy.crypto import WeChatCrypto  # type: ignore[import-untyped]
from wechatpy.enterprise.crypto import WeChatCrypto as WorkCrypto  # type: ignore[import-untyped]

from core.sandbox_keys import AES_KEY, SECRET
from core.words import Channel, Role
from sandbox.kit.context import Desk, Options
from sandbox.kit.receipts import Push
from sandbox.weixin.people import PersonEvent, push_of
from sandbox.weixin.seal import OWNERS
from tests.support.api.administrator import Desk as Office
from tests.support.api.rig import Rig, running_api

PERSON = "oPenId-of-Zhang"
VENDORS = {
    Channel.WECHAT: WeChatCrypto,
    Channel.WECHAT_MINI: WeChatCrypto,
    Channel.WECOM: WorkCrypto,
}
IDENTITIES = {Channel.WECHAT: "wechat_openid", Channel.WECOM: "wecom_userid"}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


def happening(channel: Channel, event: str, secret: str = SECRET) -> Push:
    given = {"channel": channel, "openid": PERSON, "event": event, "sealed": True}
    desk = Desk(Options(receipts_secret=secret))
    return push_of(desk, PersonEvent.model_validate(given))


@pytest.mark.parametrize("channel", VENDORS)
def test_the_vendors_library_decrypts_it(channel: Channel) -> None:
    push = happening(channel, "subscribe")
    crypto = VENDORS[channel](SECRET, AES_KEY, OWNERS[channel])
    proof = (push.params[name] for name in ("msg_signature", "timestamp", "nonce"))
    plain = crypto.decrypt_message(push.content, *proof)
    assert PERSON in str(plain)
    assert PERSON.encode() not in push.content


@pytest.mark.parametrize("channel", IDENTITIES)
async def test_the_centre_follows_it(rig: Rig, channel: Channel) -> None:
    office = Office(rig, await rig.person(Role.ADMIN))
    for event, state in (("unsubscribe", "unfollowed"), ("subscribe", "following")):
        push = happening(channel, event)
        answer = await rig.http.post(
            f"/v1/receipts/{channel}/{SECRET}",
            params=dict(push.params),
            content=push.content,
            headers={"content-type": push.media_type},
        )
        assert push.accepted(answer)
        path = f"/standings/{IDENTITIES[channel]}/{PERSON}"
        [standing] = (await office.done("GET", path))["items"]
        assert (standing["channel"], standing["state"]) == (channel, state)


async def test_what_another_sealed_changes_nothing(rig: Rig) -> None:
    push = happening(Channel.WECOM, "subscribe", "another-secret")
    answer = await rig.http.post(
        f"/v1/receipts/wecom/{SECRET}", params=dict(push.params), content=push.content
    )
    assert answer.status_code in (401, 403)
