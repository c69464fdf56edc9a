"""The doubles of mini program, medical assistant and Alipay: as strict as they."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from alipay import AliPay  # type: ignore[import-untyped]
from alipay.exceptions import AliPayValidationError  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from core.rsa2 import private_key
from core.sandbox_keys import ALIPAY_KEY, APP_KEY
from sandbox.kit.context import Options
from tests.support.sandbox.rig import SECRET, Rig, rig, wechat_token

MINI = "/cgi-bin/message/subscribe/send"
MEDICAL = "/cityservice/sendchannelmsg"
USER = "2088123412341234"
MESSAGE: dict[str, Any] = {
    "touser": "oMini",
    "template_id": "T1",
    "page": "pages/message",
    "data": {"thing1": {"value": "您的报告已出"}},
}
NOTICE: dict[str, Any] = {
    "status": 1501001,
    "open_id": "oA",
    "order_id": "R1",
    "msg_id": "m1",
    "app_id": "sandbox-mini",
    "business_id": 150,
    "business_info": {"pat_name": "张三"},
}
MINI_TEMPLATE = "alipay.open.app.mini.templatemessage.send"
WORDS: dict[str, Any] = {
    "to_user_id": USER,
    "user_template_id": "T1",
    "page": "pages/message",
    "data": json.dumps({"keyword1": {"value": "已预约"}}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with rig(Options(receipt_after=0)) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(sandbox: Rig) -> None:
    sandbox.reset()


def weixin(sandbox: Rig, path: str, body: dict[str, Any], appid: str) -> dict[str, Any]:
    token = {"access_token": wechat_token(sandbox, appid=appid)}
    answer: dict[str, Any] = sandbox.http.post(path, params=token, json=body).json()
    return answer


def test_each_app_has_tokens_of_its_own(sandbox: Rig) -> None:
    tokens = {
        appid: wechat_token(sandbox, appid=appid)
        for appid in ("sandbox", "sandbox-mini", "sandbox-medical")
    }
    assert len(set(tokens.values())) == 3
    counted = sandbox.fetches()
    for channel in ("wechat", "wechat_mini", "wechat_medical"):
        assert counted[channel] == 1
    # The mini program's token does not open the service account's door.
    body = {"touser": "oA", "template_id": "T", "data": MESSAGE["data"]}
    params = {"access_token": tokens["sandbox-mini"]}
    path = "/cgi-bin/message/template/send"
    assert sandbox.http.post(path, params=params, json=body).json()["errcode"] == 40001


def test_a_subscription_message_is_taken(sandbox: Rig) -> None:
    answer = weixin(sandbox, MINI, MESSAGE, "sandbox-mini")
    assert answer["errcode"] == 0
    [item] = sandbox.messages(channel="wechat_mini", recipient="oMini")
    assert item["provider_message_id"] == str(answer["msgid"])
    assert answer["msgid"] > 2**53


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"touser": "o A"}, 40003),
        ({"template_id": ""}, 40037),
        ({"page": 7}, 41030),
        ({"miniprogram_state": "beta"}, 47003),
        ({"lang": "de_DE"}, 47003),
        ({"data": {}}, 47003),
        ({"data": {"thing1": {"value": "字" * 21}}}, 47003),
        ({"data": {"phrase1": {"value": "abc"}}}, 47003),
    ],
)
def test_a_wrong_subscription_message(
    sandbox: Rig, change: dict[str, Any], errcode: int
) -> None:
    assert weixin(sandbox, MINI, MESSAGE | change, "sandbox-mini")["errcode"] == errcode
    assert not sandbox.messages()


def test_without_a_consent_it_is_43101(sandbox: Rig) -> None:
    sandbox.rules({"channel": "wechat_mini", "outcome": "unsubscribed"})
    assert weixin(sandbox, MINI, MESSAGE, "sandbox-mini")["errcode"] == 43101


def test_a_notice_is_taken_once(sandbox: Rig) -> None:
    for _ in range(2):
        assert weixin(sandbox, MEDICAL, NOTICE, "sandbox-medical")["errcode"] == 0
    other = NOTICE | {"order_id": "R2"}
    assert weixin(sandbox, MEDICAL, other, "sandbox-medical")["errcode"] == 0
    items = sandbox.messages(channel="wechat_medical")
    assert [item["repeats"] for item in items] == [1, 0]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"open_id": ""}, 40003),
        ({"status": 1600001}, 47001),
        ({"status": "1501001"}, 47001),
        ({"order_id": ""}, 47001),
        ({"msg_id": "m" * 65}, 47001),
        ({"app_id": "wx-other"}, 82459),
        ({"business_id": "150"}, 47001),
        ({"business_info": {}}, "82446"),
        ({"business_info": {"pat_name": " "}}, "82446"),
        ({"business_info": {"pat_name": 7}}, "82446"),
    ],
)
def test_a_wrong_notice(
    sandbox: Rig, change: dict[str, Any], errcode: int | str
) -> None:
    answer = weixin(sandbox, MEDICAL, NOTICE | change, "sandbox-medical")
    assert answer["errcode"] == errcode
    assert not sandbox.messages()


def pem(text: str) -> tuple[str, str]:
    """Return a key's halves as the SDK takes them."""
    key = private_key(text)
    form = PrivateFormat.TraditionalOpenSSL
    private = key.private_bytes(Encoding.PEM, form, NoEncryption())
    public = key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def sdk(sandbox: Rig, appid: str = "sandbox", key: str | None = None) -> AliPay:
    """Return python-alipay-sdk, pointed at the sandbox."""
    made = AliPay(
        appid=appid,
        app_private_key_string=key or pem(APP_KEY)[0],
        alipay_public_key_string=pem(ALIPAY_KEY)[1],
    )
    made._gateway = f"{sandbox.url}/gateway.do"
    return made


def said(sandbox: Rig, method: str, content: dict[str, Any]) -> str:
    """Return the code of an answer whose signature the SDK has verified."""
    answer = sdk(sandbox).server_api(method, content)
    return str(answer.get("sub_code", answer["code"]))


def test_the_sdks_call_is_accepted_and_its_answer_verified(sandbox: Rig) -> None:
    assert said(sandbox, MINI_TEMPLATE, WORDS) == "10000"
    [item] = sandbox.messages(channel="alipay", recipient=USER)
    assert item["request"] == {"method": MINI_TEMPLATE, "biz_content": WORDS}


def test_the_sdk_refuses_an_answer_of_another_key(sandbox: Rig) -> None:
    client = sdk(sandbox)
    client._alipay_public_key = client._app_private_key.publickey()
    with pytest.raises(AliPayValidationError):
        client.server_api(MINI_TEMPLATE, WORDS)


ARGS = [{"key": "keyword1", "value": "已预约"}]
MEDICALS = {
    "alipay.commerce.medical.subscribemsg.send": {"to_user_id": USER},
    "alipay.commerce.medical.nosubscribe.msg.send": {"alipay_user_id": USER},
}
LIFE = {
    "to_user_id": USER,
    "template": {"template_id": "T", "context": {"keyword1": {"value": "x"}}},
}


@pytest.mark.parametrize("method", MEDICALS)
def test_a_medical_message_is_taken_once(sandbox: Rig, method: str) -> None:
    rest = {"template_code": "T", "msg_arg_list": ARGS, "out_msg_id": "o1"}
    content = {**MEDICALS[method], **rest}
    numbers = {sdk(sandbox).server_api(method, content)["msg_id"] for _ in range(2)}
    assert len(numbers) == len(sandbox.messages(channel="alipay")) == 1


def test_a_card_number_does_where_nobody_is_bound(sandbox: Rig) -> None:
    card = {"user_card_no": "990101", "user_card_type": "IDENTITY_CARD"}
    rest = {"template_code": "T", "msg_arg_list": ARGS, "out_msg_id": "o2"}
    method = "alipay.commerce.medical.nosubscribe.msg.send"
    assert said(sandbox, method, card | rest) == "10000"


@pytest.mark.parametrize(
    ("method", "content", "code"),
    [
        (MINI_TEMPLATE, WORDS | {"to_user_id": "1"}, "USER_INFO_NOT_EXIST"),
        (MINI_TEMPLATE, WORDS | {"user_template_id": ""}, "TEMPLATE_ID_IS_BLANK"),
        (MINI_TEMPLATE, WORDS | {"page": 7}, "isv.invalid-parameter"),
        (MINI_TEMPLATE, WORDS | {"data": "{}"}, "USER_TEMPLATE_LACK_KEYWORD"),
        (MINI_TEMPLATE, WORDS | {"data": {}}, "USER_TEMPLATE_LACK_KEYWORD"),
        (
            MINI_TEMPLATE,
            WORDS | {"data": json.dumps({"k": {"value": "字" * 51}})},
            "USER_KEYWORD_LENGTH_ERROR",
        ),
        ("alipay.open.public.message.single.send", LIFE, "10000"),
        (
            "alipay.open.public.message.single.send",
            LIFE | {"template": {"template_id": "T", "context": {}}},
            "USER_TEMPLATE_LACK_KEYWORD",
        ),
        (
            "alipay.commerce.medical.subscribemsg.send",
            {"to_user_id": USER, "template_code": "T", "msg_arg_list": ARGS},
            "isv.invalid-parameter",
        ),
    ],
)
def test_what_alipay_says_of_a_content(
    sandbox: Rig, method: str, content: dict[str, Any], code: str
) -> None:
    assert said(sandbox, method, content) == code


def test_another_apps_call_is_refused(sandbox: Rig) -> None:
    with_key = sdk(sandbox, appid="other")
    answer = with_key.server_api(MINI_TEMPLATE, WORDS)
    assert answer["sub_code"] == "isv.invalid-app-id"


def test_a_call_signed_by_another_key_is_refused(sandbox: Rig) -> None:
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    answer = sdk(sandbox, key=other.decode()).server_api(MINI_TEMPLATE, WORDS)
    assert answer["sub_code"] == "isv.invalid-signature"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timestamp": "2020-01-01 00:00:00"}, "isv.invalid-timestamp"),
        ({"timestamp": "now"}, "isv.invalid-timestamp"),
        ({"charset": "gbk"}, "isv.invalid-charset"),
        ({"format": "XML"}, "isv.invalid-format"),
        ({"sign_type": "RSA"}, "isv.invalid-signature-type"),
    ],
)
def test_wrong_common_parameters(
    sandbox: Rig, change: dict[str, str], code: str
) -> None:
    answer = sdk(sandbox).server_api(MINI_TEMPLATE, WORDS, **change)
    assert answer["sub_code"] == code


def test_a_call_without_a_signature_names_what_is_missing(sandbox: Rig) -> None:
    answer = sandbox.http.post("/gateway.do", data={"app_id": "sandbox"})
    data = answer.json()["error_response"]
    assert (data["code"], data["sub_code"]) == ("40001", "isv.missing-method")
    assert SECRET not in answer.text
    assert re.fullmatch(r'\{"error_response":\{.*\},"sign":"[^"]+"\}', answer.text)
