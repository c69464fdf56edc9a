"""The vendors' own SDKs against the sandbox, in a real server."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

# The vendors' packages carry no types.
from alibabacloud_dysmsapi20170525 import models  # type: ignore[import-untyped]
from alibabacloud_dysmsapi20170525.client import Client  # type: ignore[import-untyped]
from alibabacloud_tea_openapi import utils_models  # type: ignore[import-untyped]
from alibabacloud_tea_openapi.exceptions import (  # type: ignore[import-untyped]
    ClientException,
)
from wechatpy.client import WeChatClient  # type: ignore[import-untyped]
from wechatpy.enterprise.client import (  # type: ignore[import-untyped]
    WeChatClient as WeComClient,
)
from wechatpy.exceptions import WeChatClientException  # type: ignore[import-untyped]

from sandbox.kit.context import Options
from tests.support.sandbox.rig import SECRET, Clock, Rig, new_number, rig

# Within the minutes that a signature may be old.
RECEIPT_AFTER = 20
CLOCK = Clock()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with rig(Options(clock=CLOCK, receipt_after=RECEIPT_AFTER)) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(sandbox: Rig) -> None:
    sandbox.reset()


def today() -> str:
    china = timezone(timedelta(hours=8))
    return datetime.now(china).strftime("%Y%m%d")


def vendor(sandbox: Rig, secret: str = SECRET) -> Client:
    """Return the vendor's own client, pointed at the sandbox."""
    config = utils_models.Config(
        access_key_id="sandbox",
        access_key_secret=secret,
        endpoint=sandbox.url.removeprefix("http://"),
        protocol="http",
    )
    return Client(config)


def request(number: str) -> models.SendSmsRequest:
    return models.SendSmsRequest(
        phone_numbers=number,
        sign_name="协和 医院*+~:/",
        template_code="SMS_1",
        template_param='{"time": "2026-11-23 08:00", "name": "张三"}',
        out_id="msg-1",
    )


def test_the_vendors_sdk_sends_and_asks(sandbox: Rig) -> None:
    number = new_number()
    client = vendor(sandbox)
    sent = client.send_sms(request(number)).body
    assert sent.code == "OK"
    CLOCK.pass_by(RECEIPT_AFTER)
    asked = models.QuerySendDetailsRequest(
        phone_number=number, send_date=today(), page_size=10, current_page=1
    )
    found = client.query_send_details(asked).body
    [detail] = found.sms_send_detail_dtos.sms_send_detail_dto
    assert (detail.send_status, detail.err_code) == (3, "DELIVERED")
    assert (detail.out_id, found.total_count) == ("msg-1", "1")
    [item] = sandbox.messages(recipient=number)
    assert item["provider_message_id"] == sent.biz_id


async def test_the_vendors_sdk_sends_asynchronously(sandbox: Rig) -> None:
    answer = await vendor(sandbox).send_sms_async(request(new_number()))
    assert (answer.status_code, answer.body.code) == (200, "OK")


def test_the_vendors_sdk_sees_a_business_error_as_an_answer(sandbox: Rig) -> None:
    sandbox.rules({"channel": "sms", "outcome": "unsubscribed"})
    body = vendor(sandbox).send_sms(request(new_number())).body
    assert (body.code, body.biz_id) == ("isv.CUSTOMER_REFUSED", None)


@pytest.mark.parametrize(
    ("secret", "outcome", "wanted"),
    [
        ("wrong", "accept", "SignatureDoesNotMatch"),
        ("sandbox-secret", "rate_limit", "Throttling.User"),
    ],
)
def test_the_vendors_sdk_raises_the_gateways_errors(
    sandbox: Rig, secret: str, outcome: str, wanted: str
) -> None:
    sandbox.rules({"channel": "sms", "outcome": outcome})
    with pytest.raises(ClientException) as raised:
        vendor(sandbox, secret).send_sms(request(new_number()))
    assert (raised.value.status_code, raised.value.code) == (400, wanted)


class Official(WeChatClient):  # type: ignore[misc]  # the base has no types
    """wechatpy's client; its token address is fixed, so that is overridden too."""

    def __init__(self, sandbox: Rig, secret: str = SECRET) -> None:
        super().__init__("sandbox", secret, timeout=5, auto_retry=False)
        self._url = sandbox.url
        self.API_BASE_URL = f"{sandbox.url}/cgi-bin/"

    def fetch_access_token(self) -> object:
        query = {"grant_type": "client_credential"}
        account = {"appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(
            f"{self._url}/cgi-bin/token", {**query, **account}
        )


class Corporate(WeComClient):  # type: ignore[misc]  # the base has no types
    """wechatpy's WeCom client, pointed at the sandbox in the same way."""

    def __init__(self, sandbox: Rig) -> None:
        super().__init__("sandbox", SECRET, timeout=5, auto_retry=False)
        self._url = sandbox.url
        self.API_BASE_URL = f"{sandbox.url}/cgi-bin/"

    def fetch_access_token(self) -> object:
        account = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(f"{self._url}/cgi-bin/gettoken", account)


DATA = {"thing1": {"value": "门诊挂号"}, "time2": {"value": "2026-11-23 08:00"}}


def test_wechatpy_fetches_a_token_and_sends(sandbox: Rig) -> None:
    client = Official(sandbox)
    answer = client.message.send_template("oA", "T1", DATA)
    assert answer["errcode"] == 0
    [item] = sandbox.messages(channel="wechat")
    assert item["provider_message_id"] == str(answer["msgid"])
    assert sandbox.fetches()["wechat"] == 1
    client.message.send_template("oA", "T1", DATA)
    assert sandbox.fetches()["wechat"] == 1


@pytest.mark.parametrize(
    ("outcome", "errcode"),
    [("unsubscribed", 43004), ("expired_token", 42001), ("server_error", -1)],
)
def test_wechatpy_sees_the_errcode(sandbox: Rig, outcome: str, errcode: int) -> None:
    sandbox.rules({"channel": "wechat", "outcome": outcome})
    with pytest.raises(WeChatClientException) as raised:
        Official(sandbox).message.send_template("oA", "T1", DATA)
    assert raised.value.errcode == errcode


def test_wechatpy_is_told_of_a_wrong_secret(sandbox: Rig) -> None:
    with pytest.raises(WeChatClientException) as raised:
        Official(sandbox, "wrong").fetch_access_token()
    assert raised.value.errcode == 40125


def test_wechatpy_retries_a_dead_token_by_itself(sandbox: Rig) -> None:
    client = Official(sandbox)
    client.auto_retry = True
    sandbox.rules({"channel": "wechat", "outcome": "expired_token", "times": 1})
    assert client.message.send_template("oA", "T1", DATA)["errcode"] == 0
    assert sandbox.fetches()["wechat"] == 2


def test_wechatpy_sends_a_wecom_card(sandbox: Rig) -> None:
    client = Corporate(sandbox)
    card = ("危急值", "请确认", "https://hospital.example/m/1")
    answer = client.message.send_text_card(1000002, ["u1", "u2"], *card)
    assert answer["errcode"] == 0
    assert [m["recipient"] for m in sandbox.messages()] == ["u1", "u2"]
    client.message.send_text(1000002, "u1", "危急值")
    sandbox.rules({"channel": "wecom", "recipient": "u1", "outcome": "unsubscribed"})
    with pytest.raises(WeChatClientException) as raised:
        client.message.send_text(1000002, "u1", "危急值")
    assert raised.value.errcode == 60111
