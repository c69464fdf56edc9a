"""WeCom cards against a scripted WeCom."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Acceptance, Content
from channels.weixin.wecom import CODES, WecomSender, message, plain
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.models import Address
from core.words import Channel, IdentityType
from tests.support.channels.fakes import (
    GARBAGE,
    LINK,
    WECOM,
    Clock,
    Provider,
    Row,
    answering,
    each,
    refusal_of,
    reply,
    sending,
)

TOKEN = {"errcode": 0, "errmsg": "ok", "access_token": "t1", "expires_in": 7200}
OK = {"errcode": 0, "errmsg": "ok", "msgid": "msg-1"}
SENDING = sending(Channel.WECOM)


async def send(*answers: httpx.Response | Exception) -> tuple[Acceptance, Provider]:
    provider = Provider([reply(TOKEN), *answers])
    async with answering(provider) as http:
        return await WecomSender(WECOM, http, clock=Clock()).send(SENDING), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    return await refusal_of(send(*answers))


async def test_the_request() -> None:
    taken, provider = await send(reply(OK))
    token, card = provider.requests
    assert (token.method, token.url.path) == ("GET", "/cgi-bin/gettoken")
    assert dict(token.url.params) == {
        "corpid": "sandbox",
        "corpsecret": "sandbox-secret",
    }
    assert (card.method, card.url.path) == ("POST", "/cgi-bin/message/send")
    assert card.url.params["access_token"] == "t1"
    assert json.loads(card.content) == {
        "touser": "ZhangSan",
        "agentid": 1000002,
        "msgtype": "textcard",
        "textcard": {
            "title": "预约成功",
            "description": "张三，您已预约11月24日心内科。",
            "url": LINK,
        },
        "safe": 0,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }
    assert taken == Acceptance(provider="wecom", provider_message_id="msg-1")


TABLE: list[Row] = [
    *each("-1", ProviderDown),
    *each("45009", RateLimited, 60),
    *each("45033", RateLimited, 5),
    *each("81013 82001 60111 40003 46004 40031", RecipientRefused),
    *each("40001 40091 40013 40056 48002 60011 60020 301002 48004", Misconfigured),
    *each("40008 40058 40063 44004 45002 41016 41033 40007", ContentRefused),
    *each("99999", ContentRefused),
]


@pytest.mark.parametrize(("code", "error", "wait"), TABLE)
async def test_codes(code: str, error: type[DeliveryError], wait: float | None) -> None:
    raised = await refused(reply({"errcode": int(code), "errmsg": "ZhangSan"}))
    assert type(raised) is error
    assert raised.code == code
    pause = raised.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_listed_code_is_tried() -> None:
    assert set(CODES.classes) <= {c for c, *_ in TABLE} | {"40014", "42001", "41001"}


@pytest.mark.parametrize("name", ["invaliduser", "unlicenseduser"])
@pytest.mark.parametrize("lost", ["zhangsan", "lisi|zhangsan", "ZhangSan|lisi"])
async def test_errcode_0_may_hide_that_nobody_was_reached(name: str, lost: str) -> None:
    raised = await refused(reply({**OK, name: lost}))
    assert (type(raised), raised.code) == (RecipientRefused, name)


@pytest.mark.parametrize("lost", ["", None, "zhangsan2|lisi", 7])
async def test_somebody_else_lost_is_not_ours(lost: object) -> None:
    taken, _ = await send(reply({**OK, "invaliduser": lost}))
    assert taken.provider_message_id == "msg-1"


@pytest.mark.parametrize("answer", GARBAGE)
async def test_garbage_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    assert type(await refused(answer)) is OutcomeUnknown


@pytest.mark.parametrize("code", [40014, 42001, 41001])
async def test_a_refused_token_is_renewed_once(code: int) -> None:
    renewed = reply({**TOKEN, "access_token": "t2"})
    taken, provider = await send(reply({"errcode": code}), renewed, reply(OK))
    assert taken.provider_message_id == "msg-1"
    # The whole request is the duplicate key.
    assert provider.requests[1].content == provider.requests[3].content
    again = reply({**TOKEN, "access_token": "t2"})
    raised = await refused(reply({"errcode": code}), again, reply({"errcode": code}))
    assert type(raised) is Misconfigured


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"errcode": 40001, "errmsg": "invalid credential"}), Misconfigured),
        (reply({"errcode": 40013}), Misconfigured),
        (reply({"errcode": -1}), ProviderDown),
        (reply({"errcode": 45009}), RateLimited),
        (httpx.Response(200, text="<html>"), ProviderDown),
        (httpx.ReadTimeout("corpsecret"), ProviderDown),
    ],
)
async def test_without_a_token_nothing_was_sent(
    answer: httpx.Response | Exception, error: type[DeliveryError]
) -> None:
    async with answering(Provider([answer])) as http:
        with pytest.raises(DeliveryError) as raised:
            await WecomSender(WECOM, http).send(SENDING)
    assert type(raised.value) is error


async def test_no_more_than_eight_calls_at_once() -> None:
    now, most = 0, 0

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1
        return reply(TOKEN if request.url.path.endswith("gettoken") else OK)

    async with answering(handle) as http:
        sender = WecomSender(WECOM, http)
        await asyncio.gather(*(sender.send(SENDING) for _ in range(60)))
    assert most == 8


def content(**given: Any) -> Content:
    return Content.model_validate({"title": "标题", "body": "正文", **given})


def body_of(what: Content, **changes: Any) -> dict[str, Any]:
    return message(sending(Channel.WECOM, what, **changes), 1000002)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=1500)


@given(TEXTS, TEXTS.filter(str.strip), st.booleans())
def test_every_text_fits(title: str, body: str, linked: bool) -> None:
    what = content(title=title, body=body, link=LINK if linked else None)
    made = body_of(what)
    if linked:
        card = made["textcard"]
        assert len(card["title"].encode()) <= 128
        assert len(card["description"].encode()) <= 512
        assert card["url"] == LINK
    else:
        assert len(made["text"]["content"].encode()) <= 2048


def test_equal_texts_without_a_link_stay_two_messages() -> None:
    what = content(link=None)
    first, other = (
        body_of(what),
        body_of(what, id="0193597a-6f01-7000-8000-000000000001"),
    )
    assert first["msgtype"] == "text"
    assert first != other
    assert first == body_of(what)


def test_a_title_is_never_empty() -> None:
    assert body_of(content(title="", link=LINK))["textcard"]["title"] == "正文"


def test_a_link_is_not_cut() -> None:
    with pytest.raises(ContentRefused):
        body_of(content(link="https://h.example/" + "x" * 2048))


@pytest.mark.parametrize("user", ["zhang|li", "@all", "@ALL"])
def test_one_recipient_is_one(user: str) -> None:
    address = Address(type=IdentityType.WECOM_USERID, value=user)
    with pytest.raises(RecipientRefused):
        body_of(content(), address=address)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("血钾 <2.5 mmol/L", "血钾 <2.5 mmol/L"),
        ('<a href="https://evil.example">', '＜a href="https://evil.example">'),
        ("</div>", "＜/div>"),
    ],
)
def test_a_value_never_becomes_a_tag(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0, None),
        (40058, None),
        (46004, None),
        (99999, None),
        (-1, ProviderDown),
        (45033, RateLimited),
        (48002, Misconfigured),
        (60020, Misconfigured),
    ],
)
async def test_what_a_recall_is_answered(
    code: int, kind: type[DeliveryError] | None
) -> None:
    """The message can't be taken back, or cannot now: that is not the same."""
    answer = reply({"errcode": code, "errmsg": "no"})
    provider = Provider([reply(TOKEN), answer])
    async with answering(provider) as http:
        sender = WecomSender(WECOM, http, clock=Clock())
        if kind is None:
            assert await sender.recall("msg-1") is (code == 0)
            return
        with pytest.raises(DeliveryError) as raised:
            await sender.recall("msg-1")
    assert type(raised.value) is kind
