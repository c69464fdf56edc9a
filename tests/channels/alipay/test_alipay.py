"""Alipay's messages against a scripted gateway that signs as Alipay does."""

import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.alipay.api import AlipayAccount, Interface, raw_node
from channels.alipay.sender import METHODS, keywords
from channels.base import Acceptance, Content
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.rsa2 import is_signed, sign, signed_text
from tests.support.channels.alipay import ACCOUNT, OURS, refused, send, signed
from tests.support.channels.fakes import (
    GARBAGE,
    LINK,
    SENDING_ID,
)

USER = "2088123412341234"
WORDS = [("keyword1", "张三"), ("keyword2", "心内科")]
PAGE = "pages/message?from=centre&link=https%3A%2F%2Fcentre.hospital.example%2Fm%2Fx7Yq"


async def test_the_request_and_its_signature() -> None:
    _, request = await send(signed({"code": "10000", "msg": "Success"}))
    assert (request.method, request.url.path) == ("POST", "/gateway.do")
    params = dict(request.url.params)
    [biz_content] = parse_qs(request.content.decode())["biz_content"]
    signature = params.pop("sign")
    assert params == {
        "app_id": "sandbox",
        "method": "alipay.open.app.mini.templatemessage.send",
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2026-11-23 08:30:00",
        "version": "1.0",
    }
    text = signed_text({**params, "biz_content": biz_content})
    assert is_signed(OURS.public_key(), text, signature)


def mini(content: dict[str, Any]) -> None:
    data = json.loads(content.pop("data"))
    assert data == {name: {"value": value} for name, value in WORDS}
    assert content == {
        "to_user_id": USER,
        "user_template_id": "SMS_123456789",
        "page": PAGE,
    }


def life(content: dict[str, Any]) -> None:
    assert content["to_user_id"] == USER
    template = content["template"]
    assert template["template_id"] == "SMS_123456789"
    context = template["context"]
    assert context["url"] == LINK
    assert [(k, context[k]["value"]) for k, _ in WORDS] == WORDS
    assert context["first"]["value"] == "预约成功"


def medical(to: str, content: dict[str, Any]) -> None:
    assert content == {
        to: USER,
        "template_code": "SMS_123456789",
        "msg_arg_list": [{"key": key, "value": value} for key, value in WORDS],
        "out_msg_id": SENDING_ID.hex,
    }


@pytest.mark.parametrize("interface", METHODS)
async def test_what_each_interface_is_given(interface: Interface) -> None:
    yes = {"code": "10000", "msg_id": "m-1", "result_code": "SUCCESS"}
    taken, request = await send(signed(yes, interface), interface)
    assert request.url.params["method"] == METHODS[interface]
    [text] = parse_qs(request.content.decode())["biz_content"]
    content = json.loads(text)
    match interface:
        case "mini_template":
            mini(content)
        case "life_message":
            life(content)
        case "medical_subscribed":
            medical("to_user_id", content)
        case "medical_direct":
            medical("alipay_user_id", content)
    assert taken == Acceptance(provider="alipay", provider_message_id="m-1")


async def test_the_first_of_several_numbers_is_kept() -> None:
    yes = signed({"code": "10000", "msg_id_list": ["m-1", "m-2"]}, "medical_direct")
    taken, _ = await send(yes, "medical_direct")
    assert taken.provider_message_id == "m-1"


async def test_a_medical_refusal_inside_a_yes() -> None:
    answer = signed({"code": "10000", "result_code": "NO_SUBSCRIBE"})
    raised = await refused(answer)
    assert (type(raised), raised.code) == (ContentRefused, "NO_SUBSCRIBE")


async def test_a_refusal_of_the_gateway_itself() -> None:
    data = {"code": "40002", "sub_code": "isv.invalid-app-id"}
    answer = signed(data, node="error_response")
    assert type(await refused(answer)) is Misconfigured


async def test_a_yes_without_alipays_signature_is_not_believed() -> None:
    node = METHODS["mini_template"].replace(".", "_") + "_response"
    good = signed({"code": "10000"})
    forged = json.loads(good.text)
    for sign_of in ("", "AAAA", sign(OURS, json.dumps(forged[node]))):
        answer = httpx.Response(200, json={**forged, "sign": sign_of})
        raised = await refused(answer)
        assert (type(raised), raised.code) == (OutcomeUnknown, "bad-signature")
    # The text that was signed, with another value in it.
    changed = httpx.Response(200, text=good.text.replace("10000", "10000 "))
    assert type(await refused(changed)) is not RecipientRefused


@pytest.mark.parametrize("answer", GARBAGE)
async def test_garbage_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    assert type(await refused(answer)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500), ProviderDown),
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


def test_an_account_needs_keys_that_work() -> None:
    values = ACCOUNT.model_dump() | {"app_private_key": "secret-1"}
    with pytest.raises(ValidationError) as raised:
        AlipayAccount.model_validate(values)
    errors = raised.value.errors(include_input=False, include_url=False)
    assert [error["loc"] for error in errors] == [("app_private_key",)]
    assert "secret-1" not in str(errors)
    with pytest.raises(ValidationError):
        AlipayAccount.model_validate(ACCOUNT.model_dump() | {"alipay_public_key": "x"})


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(max_size=5), VALUES, min_size=1), st.sampled_from([0, 2])
)
def test_the_raw_text_of_each_member_is_found(data: dict[str, Any], gap: int) -> None:
    body = json.dumps(data, indent=gap or None).encode()
    for name, value in data.items():
        assert json.loads(raw_node(body, name)) == value
    assert raw_node(body, "no such member") == ""


def content(**given: Any) -> Content:
    return Content(title="标题", body="正文", **given)


def test_keywords() -> None:
    assert keywords(content(fields={"k": "字" * 51})) == {"k": "字" * 49 + "…"}
    assert keywords(content(params={"z": "一\n二", "a": ""})) == {
        "keyword1": "一 二",
        "keyword2": "-",
    }
    assert keywords(content()) == {"keyword1": "标题"}
