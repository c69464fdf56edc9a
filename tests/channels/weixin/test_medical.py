"""The medical assistant's notices against a scripted WeChat."""

import json

import httpx
import pytest

from channels.base import Acceptance
from channels.weixin.medical import CODES, WechatMedicalAccount, WechatMedicalSender
from core.errors import ContentRefused, DeliveryError, Misconfigured, OutcomeUnknown
from core.words import Channel
from tests.support.channels.fakes import (
    CONTENT,
    GARBAGE,
    SENDING_ID,
    Clock,
    Provider,
    answering,
    refusal_of,
    reply,
    sending,
)
from tests.support.channels.weixin_codes import TABLE, TOKENS

ACCOUNT = WechatMedicalAccount.model_validate(
    {
        "base_url": "http://provider.example",
        "appid": "sandbox",
        "secret": "sandbox-secret",
        "default_template": "1501001",
        "mini_appid": "wx-mini",
    }
)
TOKEN = {"access_token": "t1", "expires_in": 7200}
OK = {"errcode": 0, "errmsg": "ok"}
FIELDS = {"pat_name": "张三", "department_name": "心内科\n", "order_id": "R-1"}
NOTICE = CONTENT.model_copy(update={"provider_template": "1501002", "fields": FIELDS})


async def send(
    *answers: httpx.Response | Exception, template: str | None = "1501002"
) -> tuple[Acceptance, Provider]:
    provider = Provider([reply(TOKEN), *answers])
    content = NOTICE.model_copy(update={"provider_template": template})
    async with answering(provider) as http:
        sender = WechatMedicalSender(ACCOUNT, http, clock=Clock())
        return await sender.send(sending(Channel.WECHAT_MEDICAL, content)), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    return await refusal_of(send(*answers))


async def test_the_request() -> None:
    taken, provider = await send(reply(OK))
    message = provider.requests[1]
    assert message.url.path == "/cityservice/sendchannelmsg"
    assert json.loads(message.content) == {
        "status": 1501002,
        "open_id": "oPenId-of-Zhang",
        "order_id": "R-1",
        "msg_id": SENDING_ID.hex,
        "app_id": "wx-mini",
        "business_id": 150,
        "business_info": {"pat_name": "张三", "department_name": "心内科"},
    }
    assert taken == Acceptance(
        provider="wechat_medical", provider_message_id=SENDING_ID.hex
    )


async def test_the_accounts_status_where_the_template_names_none() -> None:
    _, provider = await send(reply(OK), template=None)
    assert json.loads(provider.requests[1].content)["status"] == 1501001


async def test_a_status_is_a_number() -> None:
    with pytest.raises(Misconfigured):
        await send(template="SMS_1")


@pytest.mark.parametrize(
    ("code", "error", "wait"),
    [*TABLE, ("82446", ContentRefused, None), ("82459", Misconfigured, None)],
)
@pytest.mark.parametrize("kind", [int, str])
async def test_codes(
    code: str, error: type[DeliveryError], wait: float | None, kind: type
) -> None:
    raised = await refused(reply({"errcode": kind(code), "errmsg": "张三"}))
    assert (type(raised), raised.code) == (error, code)
    assert (raised.retry_after and raised.retry_after.total_seconds()) == wait


def test_every_listed_code_is_tried() -> None:
    tried = {code for code, *_ in TABLE} | TOKENS | {"82446", "82459"}
    assert set(CODES.classes) == tried - {"99999"}


@pytest.mark.parametrize("answer", [*GARBAGE, httpx.ReadTimeout("")])
async def test_no_clear_answer_leaves_the_outcome_unknown(
    answer: httpx.Response | Exception,
) -> None:
    assert type(await refused(answer)) is OutcomeUnknown
