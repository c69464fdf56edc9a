"""WeChat template messages against a scripted WeChat."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Acceptance, Content
from channels.weixin.app import CODES
from channels.weixin.service_account import (
    FIELD_LIMITS,
    WechatSender,
    field_value,
    fields,
)
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel
from tests.support.channels.fakes import (
    CONTENT,
    GARBAGE,
    LINK,
    SENDING_ID,
    WECHAT,
    Clock,
    Provider,
    answering,
    assert_private,
    refusal_of,
    reply,
    sending,
)
from tests.support.channels.weixin_codes import TABLE, TOKENS

TOKEN = {"access_token": "t1", "expires_in": 7200}
OK = {"errcode": 0, "errmsg": "ok", "msgid": 3557254367693750277}
SENDING = sending(Channel.WECHAT)


async def send(*answers: httpx.Response | Exception) -> tuple[Acceptance, Provider]:
    """Send through a WeChat that gives a token and then these answers."""
    provider = Provider([reply(TOKEN), *answers])
    async with answering(provider) as http:
        return await WechatSender(WECHAT, http, clock=Clock()).send(SENDING), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    """Return the error of a send that gets these answers."""
    return await refusal_of(send(*answers))


async def test_the_request() -> None:
    taken, provider = await send(reply(OK))
    token, message = provider.requests
    assert token.url.path == "/cgi-bin/stable_token"
    assert json.loads(token.content) == {
        "grant_type": "client_credential",
        "appid": "sandbox",
        "secret": "sandbox-secret",
        "force_refresh": False,
    }
    assert message.url.path == "/cgi-bin/message/template/send"
    assert dict(message.url.params) == {"access_token": "t1"}
    assert json.loads(message.content) == {
        "touser": "oPenId-of-Zhang",
        "template_id": "SMS_123456789",
        "url": LINK,
        "client_msg_id": SENDING_ID.hex,
        "data": {"thing1": {"value": "张三"}, "thing2": {"value": "心内科"}},
    }
    assert len(SENDING_ID.hex) == 32
    # WeChat refuses \u escapes.
    assert "张三".encode() in message.content
    assert taken == Acceptance(
        provider="wechat", provider_message_id="3557254367693750277"
    )


async def test_the_accounts_template_where_the_content_names_none() -> None:
    content = CONTENT.model_copy(update={"provider_template": None, "link": None})
    provider = Provider([reply(TOKEN), reply(OK)])
    async with answering(provider) as http:
        await WechatSender(WECHAT, http).send(sending(Channel.WECHAT, content))
        body = json.loads(provider.requests[1].content)
        assert body["template_id"] == "sandbox-template"
        assert "url" not in body
        account = WECHAT.model_copy(update={"default_template": None})
        with pytest.raises(Misconfigured):
            await WechatSender(account, http).send(sending(Channel.WECHAT, content))


@pytest.mark.parametrize(("code", "error", "wait"), TABLE)
async def test_codes(code: str, error: type[DeliveryError], wait: float | None) -> None:
    raised = await refused(reply({"errcode": int(code), "errmsg": "13800138000 张三"}))
    assert type(raised) is error
    assert raised.code == code
    pause = raised.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_listed_code_is_tried() -> None:
    assert set(CODES.classes) <= {code for code, *_ in TABLE} | TOKENS


async def test_a_code_may_come_as_a_string() -> None:
    assert type(await refused(reply({"errcode": "43004"}))) is RecipientRefused


async def test_a_code_that_is_none_is_not_shown() -> None:
    raised = await refused(reply({"errcode": "13800138000"}))
    assert (type(raised), raised.code) == (ContentRefused, "unreadable")


@pytest.mark.parametrize("answer", GARBAGE)
async def test_garbage_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    assert type(await refused(answer)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500, text="oops"), ProviderDown),
        (httpx.Response(503), ProviderDown),
        (httpx.Response(502), OutcomeUnknown),
        (httpx.Response(429), RateLimited),
        (httpx.Response(404), Misconfigured),
        (httpx.ReadTimeout(""), OutcomeUnknown),
        (httpx.ConnectError(""), ProviderDown),
    ],
)
async def test_faults(
    answer: httpx.Response | Exception, error: type[DeliveryError]
) -> None:
    assert type(await refused(answer)) is error


@pytest.mark.parametrize("code", [40001, 40014, 42001, 41001])
async def test_a_refused_token_is_renewed_and_the_call_repeated(code: int) -> None:
    taken, provider = await send(
        reply({"errcode": code}), reply({**TOKEN, "access_token": "t2"}), reply(OK)
    )
    assert taken.provider_message_id == "3557254367693750277"
    first, second = provider.requests[1], provider.requests[3]
    assert (first.url.params["access_token"], second.url.params["access_token"]) == (
        "t1",
        "t2",
    )
    assert first.content == second.content


@pytest.mark.parametrize("code", [40001, 40014, 42001, 41001])
async def test_a_second_refusal_means_the_account(code: int) -> None:
    raised = await refused(
        reply({"errcode": code}),
        reply({**TOKEN, "access_token": "t2"}),
        reply({"errcode": code}),
    )
    assert type(raised) is Misconfigured


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"errcode": 40001, "errmsg": "invalid credential"}), Misconfigured),
        (reply({"errcode": 40125, "errmsg": "invalid appsecret"}), Misconfigured),
        (reply({"errcode": 40003}), Misconfigured),
        (reply({"errcode": 99999}), Misconfigured),
        (reply({"errcode": -1}), ProviderDown),
        (reply({"errcode": 45009}), RateLimited),
        (reply({"errcode": 45011}), RateLimited),
        (reply({"access_token": "", "expires_in": 7200}), ProviderDown),
        (reply({"access_token": "t\r\n1", "expires_in": 7200}), ProviderDown),
        (reply({"access_token": "t1", "expires_in": "soon"}), ProviderDown),
        (reply({"access_token": "t1", "expires_in": -5}), ProviderDown),
        (reply({"access_token": 7}), ProviderDown),
        (httpx.Response(200, text="<html>"), ProviderDown),
        (httpx.Response(500), ProviderDown),
        (httpx.ReadTimeout("secret=sandbox-secret"), ProviderDown),
    ],
)
async def test_without_a_token_nothing_was_sent(
    answer: httpx.Response | Exception, error: type[DeliveryError]
) -> None:
    async with answering(Provider([answer])) as http:
        with pytest.raises(DeliveryError) as raised:
            await WechatSender(WECHAT, http).send(SENDING)
    assert type(raised.value) is error
    assert_private(raised.value)


class Expiring:
    """A WeChat whose token t1 has died, and that issues t2, t3 … by the call."""

    def __init__(self) -> None:
        self.fetched = 0
        self.sent = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        if request.url.path == "/cgi-bin/stable_token":
            self.fetched += 1
            return reply({"access_token": f"t{self.fetched}", "expires_in": 7200})
        if request.url.params["access_token"] == "t1":
            return reply({"errcode": 42001})
        self.sent += 1
        return reply(OK)


async def test_two_hundred_sends_with_a_dead_token_refresh_once() -> None:
    provider = Expiring()
    async with answering(provider) as http:
        sender = WechatSender(WECHAT, http)
        got = await asyncio.gather(*(sender.send(SENDING) for _ in range(200)))
    assert len(got) == provider.sent == 200
    # The first token, and its one successor.
    assert provider.fetched == 2


def content(**given: Any) -> Content:
    return Content(title="标题", body="正文", **given)


def test_fields_come_from_the_template_before_the_params() -> None:
    named = content(fields={"thing3": "心内科"}, params={"a": "b"})
    assert fields(named) == {"thing3": "心内科"}
    assert fields(content(params={"z": "一", "a": "二"})) == {
        "thing1": "一",
        "thing2": "二",
    }
    assert fields(content()) == {"thing1": "标题"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("thing1", "字" * 20, "字" * 20),
        ("thing1", "字" * 21, "字" * 19 + "…"),
        ("thing12", "两行\n  文字\t和\x00符", "两行 文字 和 符"),
        ("const2", "字" * 30, "字" * 19 + "…"),
        ("character_string1", "A" * 33, "A" * 29 + "..."),
        ("name1", "阿卜杜拉·买买提·艾山江", "阿卜杜拉·买买提·艾"),
        ("name1", "Maximilian Mustermann", "Maximilian Musterman"),
        ("phrase1", "已经预约成功", "已经预约成"),
        ("phone_number1", "025-52271000,025-52887000", "025-52271000,025-52887000"),
        ("car_number1", "苏A12345678", "苏A12345678"),
        ("time1", "2026-11-24 08:30:00", "2026-11-24 08:30:00"),
        ("amount1", "￥123.45", "￥123.45"),
        ("keyword1", "字" * 50, "字" * 50),
        ("thing1", " \n ", "-"),
    ],
)
def test_field_values(name: str, value: str, shown: str) -> None:
    assert field_value(name, value) == shown


@given(
    st.sampled_from(sorted(FIELD_LIMITS)),
    st.integers(1, 99),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
)
def test_every_value_fits_its_field(kind: str, number: int, value: str) -> None:
    shown = field_value(f"{kind}{number}", value)
    limit = 20 if kind == "name" and shown.isascii() else FIELD_LIMITS[kind][0]
    assert 1 <= len(shown) <= limit
    assert "\n" not in shown
