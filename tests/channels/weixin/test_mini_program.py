"""Subscription messages against a scripted WeChat, and the ledger of consents."""

import json

import httpx
import pytest

from channels.base import Acceptance
from channels.weixin.mini_program import CODES, WechatMiniAccount, WechatMiniSender
from core.errors import (
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    RecipientRefused,
    Undeliverable,
)
from core.models import Address
from core.words import Channel, Priority, Reason
from tests.support.channels.fakes import (
    CONTENT,
    GARBAGE,
    Clock,
    Provider,
    answering,
    assert_private,
    reply,
    sending,
)
from tests.support.channels.weixin_codes import TABLE, TOKENS

ACCOUNT = WechatMiniAccount.model_validate(
    {
        "base_url": "http://provider.example",
        "appid": "sandbox",
        "secret": "sandbox-secret",
        "default_template": "one-time",
        "page": "pages/message",
        "long_term_templates": "long-1 long-2",
    }
)
TOKEN = {"access_token": "t1", "expires_in": 7200}
OK = {"errcode": 0, "errmsg": "ok", "msgid": 3248682510344192008}
SENDING = sending(Channel.WECHAT_MINI)


class Ledger:
    """A ledger that answers as it is told, and keeps what it is told."""

    def __init__(self, *, allows: bool = True) -> None:
        self.allowed = allows
        self.noted: list[tuple[str, str, bool | None]] = []

    async def allows(self, address: Address, template: str) -> bool:
        return self.allowed

    async def used(self, address: Address, template: str, *, once: bool) -> None:
        self.noted.append(("used", template, once))

    async def refused(self, address: Address, template: str) -> None:
        self.noted.append(("refused", template, None))


async def send(
    *answers: httpx.Response | Exception, ledger: Ledger | None = None
) -> tuple[Acceptance, Provider]:
    provider = Provider([reply(TOKEN), *answers])
    async with answering(provider) as http:
        sender = WechatMiniSender(ACCOUNT, http, consents=ledger, clock=Clock())
        return await sender.send(SENDING), provider


async def refused(
    *answers: httpx.Response | Exception, ledger: Ledger | None = None
) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await send(*answers, ledger=ledger)
    assert_private(raised.value)
    return raised.value


async def test_the_request() -> None:
    taken, provider = await send(reply(OK))
    message = provider.requests[1]
    assert message.url.path == "/cgi-bin/message/subscribe/send"
    assert dict(message.url.params) == {"access_token": "t1"}
    assert json.loads(message.content) == {
        "touser": "oPenId-of-Zhang",
        "template_id": "SMS_123456789",
        "page": "pages/message?link=https%3A%2F%2Fcentre.hospital.example%2Fm%2Fx7Yq",
        "miniprogram_state": "formal",
        "lang": "zh_CN",
        "data": {"thing1": {"value": "张三"}, "thing2": {"value": "心内科"}},
    }
    assert taken == Acceptance(
        provider="wechat_mini", provider_message_id="3248682510344192008"
    )


async def test_an_answer_need_not_have_a_number() -> None:
    taken, _ = await send(reply({"errcode": 0, "errmsg": "ok"}))
    assert taken.provider_message_id is None


@pytest.mark.parametrize(("code", "error", "wait"), TABLE)
async def test_codes(code: str, error: type[DeliveryError], wait: float | None) -> None:
    raised = await refused(reply({"errcode": int(code), "errmsg": "13800138000 张三"}))
    assert (type(raised), raised.code) == (error, code)
    assert (raised.retry_after and raised.retry_after.total_seconds()) == wait


@pytest.mark.parametrize("code", sorted(TOKENS))
async def test_a_token_refused_twice_means_the_account(code: str) -> None:
    again = {**TOKEN, "access_token": "t2"}
    no = reply({"errcode": int(code)})
    assert type(await refused(no, reply(again), no)) is Misconfigured


def test_every_listed_code_is_tried() -> None:
    assert set(CODES.classes) <= {code for code, *_ in TABLE} | TOKENS


@pytest.mark.parametrize("answer", [*GARBAGE, httpx.ReadTimeout("")])
async def test_no_clear_answer_leaves_the_outcome_unknown(
    answer: httpx.Response | Exception,
) -> None:
    ledger = Ledger()
    assert type(await refused(answer, ledger=ledger)) is OutcomeUnknown
    # It may have been sent: a consent that may be gone is not counted on.
    assert ledger.noted == [("used", "SMS_123456789", True)]


async def test_a_message_that_was_taken_uses_a_consent() -> None:
    ledger = Ledger()
    await send(reply(OK), ledger=ledger)
    assert ledger.noted == [("used", "SMS_123456789", True)]


async def test_a_long_term_template_uses_none() -> None:
    ledger, provider = Ledger(), Provider([reply(TOKEN), reply(OK)])
    content = CONTENT.model_copy(update={"provider_template": "long-2"})
    async with answering(provider) as http:
        sender = WechatMiniSender(ACCOUNT, http, consents=ledger)
        await sender.send(sending(Channel.WECHAT_MINI, content))
    assert ledger.noted == [("used", "long-2", False)]


async def test_43101_says_that_there_is_no_consent() -> None:
    ledger = Ledger()
    raised = await refused(reply({"errcode": 43101}), ledger=ledger)
    assert type(raised) is RecipientRefused
    assert ledger.noted == [("refused", "SMS_123456789", None)]


@pytest.mark.parametrize("code", [40003, 47003, -1, 45011])
async def test_another_refusal_says_nothing_of_consents(code: int) -> None:
    ledger = Ledger()
    await refused(reply({"errcode": code}), ledger=ledger)
    assert not ledger.noted


async def test_without_a_consent_nobody_is_asked() -> None:
    provider, ledger = Provider([]), Ledger(allows=False)
    async with answering(provider) as http:
        with pytest.raises(Undeliverable) as raised:
            await WechatMiniSender(ACCOUNT, http, consents=ledger).send(SENDING)
    assert raised.value.reason is Reason.NEED_SUBSCRIBE
    assert not provider.requests


async def test_a_critical_message_is_tried_without_a_consent() -> None:
    provider = Provider([reply(TOKEN), reply(OK)])
    critical = sending(Channel.WECHAT_MINI, priority=Priority.CRITICAL)
    async with answering(provider) as http:
        sender = WechatMiniSender(ACCOUNT, http, consents=Ledger(allows=False))
        assert (await sender.send(critical)).provider == "wechat_mini"
