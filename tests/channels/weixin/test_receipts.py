"""What WeChat and WeCom report: each event, the vendor's signatures, forgeries."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from channels.receipts import Happening, Inbound, ReceiptKeys
from channels.weixin.crypto import sign
from channels.weixin.mini_program import WechatMiniAccount
from channels.weixin.service_account import WechatAccount
from channels.weixin.wechat_receipts import WechatMiniReceipts, WechatReceipts
from channels.weixin.wecom import WecomAccount
from channels.weixin.wecom_receipts import WecomReceipts
from core.errors import Forged, Malformed
from core.words import Channel, IdentityType, Outcome

TOKEN, AES_KEY = "token4tests", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
KEYS = ReceiptKeys(secret="s", token=SecretStr(TOKEN), aes_key=SecretStr(AES_KEY))
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


def clock() -> datetime:
    return NOW


def service(callbacks: Any = "plain", appid: str = "wx1") -> WechatReceipts:
    account = WechatAccount(appid=appid, secret=SecretStr("x"), callbacks=callbacks)
    return WechatReceipts(account, KEYS, clock)


def mini() -> WechatMiniReceipts:
    account = WechatMiniAccount(appid="wx1", secret=SecretStr("x"))
    return WechatMiniReceipts(account, KEYS, clock)


def work() -> WecomReceipts:
    account = WecomAccount(corpid="ww1", corpsecret=SecretStr("x"), agentid=1)
    return WecomReceipts(account, KEYS, clock)


def plain(body: str | bytes, method: str = "POST", **query: str) -> Inbound:
    """Return a call as WeChat signs it in plain mode."""
    signed = {
        "signature": sign(TOKEN, STAMP, "n"),
        "timestamp": STAMP,
        "nonce": "n",
    }
    raw = body.encode() if isinstance(body, str) else body
    return Inbound(method, signed | query, {}, raw)


def xml(event: str, **fields: str) -> str:
    inner = "".join(f"<{k}>{v}</{k}>" for k, v in fields.items())
    return (
        f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName>"
        f"<FromUserName><![CDATA[{OPENID}]]></FromUserName>"
        f"<CreateTime>{STAMP}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[{event}]]></Event>{inner}</xml>"
    )


def test_the_vendors_own_vector() -> None:
    assert (
        sign("AAAAA", "1714036504", "1514711492")
        == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    )


@pytest.mark.parametrize(
    ("status", "outcome", "code", "refused"),
    [
        ("success", Outcome.DELIVERED, "success", False),
        ("failed:user block", Outcome.FAILED, "failed_user_block", True),
        ("failed: system failed", Outcome.FAILED, "failed_system_failed", False),
        ("failed:freq limit", Outcome.FAILED, "failed_freq_limit", False),
    ],
)
def test_a_template_message(
    status: str, outcome: Outcome, code: str, refused: bool
) -> None:
    number = "3557254367693750277"
    said = xml("TEMPLATESENDJOBFINISH", MsgID=number, Status=f"<![CDATA[{status}]]>")
    parsed = service().read(plain(said))
    [receipt] = parsed.receipts
    assert receipt.provider_message_id == number
    assert (receipt.outcome, receipt.code) == (outcome, code)
    assert receipt.refused is refused
    assert receipt.at == NOW
    assert parsed.answer.body == b"success"


SENT = {"TemplateId": "T1", "MsgID": "17", "ErrorCode": "0", "ErrorStatus": "success"}
REFUSED = SENT | {"MsgID": "18", "ErrorCode": "43101", "ErrorStatus": "refused"}


def as_xml(items: list[dict[str, str]], holder: str) -> str:
    lists = "".join(
        "<List>" + "".join(f"<{k}>{v}</{k}>" for k, v in item.items()) + "</List>"
        for item in items
    )
    return f"<{holder}>{lists}</{holder}>"


def as_json(event: str, items: list[dict[str, str]]) -> str:
    """Return the JSON form: an object for one, an array for several."""
    shown = items[0] if len(items) == 1 else items
    head = {"FromUserName": OPENID, "CreateTime": int(STAMP), "MsgType": "event"}
    return json.dumps(head | {"Event": event, "List": shown})


@pytest.mark.parametrize("items", [[SENT], [SENT, REFUSED]])
@pytest.mark.parametrize("form", ["xml", "json"])
def test_subscription_messages(items: list[dict[str, str]], form: str) -> None:
    name, holder = "subscribe_msg_sent_event", "SubscribeMsgSentEvent"
    inner = as_xml(items, holder)
    body = as_json(name, items)
    if form == "xml":
        body = xml(name).replace("</xml>", f"{inner}</xml>")
    receipts = mini().read(plain(body)).receipts
    assert [r.provider_message_id for r in receipts] == [i["MsgID"] for i in items]
    assert receipts[0].outcome is Outcome.DELIVERED
    assert receipts[0].channel is Channel.WECHAT_MINI
    for failed in receipts[1:]:
        assert (failed.outcome, failed.refused) == (Outcome.FAILED, True)


@pytest.mark.parametrize(
    ("event", "happening"),
    [("subscribe", Happening.FOLLOWED), ("unsubscribe", Happening.UNFOLLOWED)],
)
def test_people_who_come_and_go(event: str, happening: Happening) -> None:
    [told] = service().read(plain(xml(event))).events
    assert (told.happening, told.at) == (happening, NOW)
    assert (told.address.type, told.address.value) == (
        IdentityType.WECHAT_OPENID,
        OPENID,
    )


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(
    ("event", "holder"),
    [
        ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent"),
        ("subscribe_msg_change_event", "SubscribeMsgChangeEvent"),
    ],
)
def test_consents(form: str, event: str, holder: str) -> None:
    choices = [
        {"TemplateId": "T1", "SubscribeStatusString": "accept"},
        {"TemplateId": "T2", "SubscribeStatusString": "reject"},
        {"TemplateId": "T3", "SubscribeStatusString": "ban"},
    ]
    body = as_json(event, choices)
    if form == "xml":
        body = xml(event).replace("</xml>", f"{as_xml(choices, holder)}</xml>")
    told = mini().read(plain(body)).events
    assert [(e.template, e.happening) for e in told] == [
        ("T1", Happening.CONSENTED),
        ("T2", Happening.DECLINED),
    ]
    assert {e.address.type for e in told} == {IdentityType.WECHAT_MINI_OPENID}


@pytest.mark.parametrize("event", ["VIEW", "CLICK", "text", ""])
def test_what_is_not_for_us_is_thanked_for(event: str) -> None:
    parsed = service().read(plain(xml(event)))
    assert (parsed.receipts, parsed.events) == ((), ())
    assert parsed.answer.body == b"success"


def test_the_echo() -> None:
    parsed = service().read(plain("", "GET", echostr="5412"))
    assert parsed.answer.body == b"5412"
    with pytest.raises(Malformed):
        service().read(plain("", "GET", echostr="<script>\n"))


GOOD = xml("TEMPLATESENDJOBFINISH", MsgID="7", Status="success")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"signature": "", "timestamp": STAMP, "nonce": "n"},
        {"signature": sign("other", STAMP, "n"), "timestamp": STAMP, "nonce": "n"},
        {"signature": sign(TOKEN, STAMP, "n"), "timestamp": STAMP, "nonce": "m"},
        {"signature": sign(TOKEN, "x", "n"), "timestamp": "x", "nonce": "n"},
    ],
)
def test_a_forged_event(query: dict[str, str]) -> None:
    for method in ("POST", "GET"):
        with pytest.raises(Forged):
            service().read(Inbound(method, query, {}, GOOD.encode()))


@pytest.mark.parametrize("away", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_an_event_of_another_time(away: timedelta) -> None:
    stamp = str(int((NOW + away).timestamp()))
    query = {"signature": sign(TOKEN, stamp, "n"), "timestamp": stamp, "nonce": "n"}
    with pytest.raises(Forged):
        service().read(Inbound("POST", query, {}, GOOD.encode()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"<xml>",
        b"[]",
        b"{" + b'"a":{' * 50_000,
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>",
        b"\xff\xfe\x00",
    ],
)
def test_a_body_that_is_no_event(body: bytes) -> None:
    with pytest.raises(Malformed):
        service().read(plain(body))
