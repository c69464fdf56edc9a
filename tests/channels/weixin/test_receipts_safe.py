"""What WeChat and WeCom report in safe mode: sealed, and nothing else."""

import pytest
from wechatpy.crypto import WeChatCrypto  # type: ignore[import-untyped]
from wechatpy.enterprise.crypto import WeChatCrypto as WorkCrypto  # type: ignore[import-untyped]

from channels.receipts import Happening, Inbound
from channels.weixin.crypto import sign
from core.errors import Forged, Malformed
from core.words import IdentityType
from tests.channels.weixin.test_receipts import (
    AES_KEY,
    GOOD,
    STAMP,
    TOKEN,
    plain,
    service,
    work,
    xml,
)


def sealed(body: str, appid: str = "wx1") -> Inbound:
    """Return a call as the vendor's library encrypts and signs it."""
    crypto = WeChatCrypto(TOKEN, AES_KEY, appid)
    whole = crypto.encrypt_message(body, "n", STAMP)
    found = whole.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    query = {"msg_signature": found, "timestamp": STAMP, "nonce": "n"}
    return Inbound("POST", query, {}, whole.encode())


@pytest.mark.parametrize("callbacks", ["plain", "safe"])
def test_safe_mode_as_the_vendors_library_encrypts(callbacks: str) -> None:
    [receipt] = service(callbacks).read(sealed(GOOD)).receipts
    assert receipt.provider_message_id == "7"


def test_safe_mode_takes_nothing_plain() -> None:
    with pytest.raises(Forged):
        service("safe").read(plain(GOOD))


def test_what_is_sealed_for_another_app() -> None:
    with pytest.raises(Forged):
        service().read(sealed(GOOD, "wx2"))


@pytest.mark.parametrize("change", ["signature", "body", "key"])
def test_a_sealed_event_that_was_touched(change: str) -> None:
    call = sealed(GOOD)
    query, body = dict(call.query), call.body
    if change == "signature":
        query["msg_signature"] = "0" * 40
    elif change == "body":
        body = body.replace(b"[CDATA[", b"[CDATA[A", 1)
    else:
        box = "QUJD" * 16
        query["msg_signature"] = sign(TOKEN, STAMP, "n", box)
        body = f"<xml><Encrypt>{box}</Encrypt></xml>".encode()
    with pytest.raises(Forged):
        service().read(Inbound("POST", query, {}, body))


def wecom_call(body: str, corpid: str = "ww1") -> Inbound:
    crypto = WorkCrypto(TOKEN, AES_KEY, corpid)
    whole = crypto.encrypt_message(body, "n", STAMP)
    found = whole.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    query = {"msg_signature": found, "timestamp": STAMP, "nonce": "n"}
    return Inbound("POST", query, {}, whole.encode())


def test_wecom_proves_its_address_and_tells_of_people() -> None:
    box = wecom_call("1616140317555161061").body.decode()
    echo = box.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    query = {
        "msg_signature": sign(TOKEN, STAMP, "n", echo),
        "timestamp": STAMP,
        "nonce": "n",
        "echostr": echo,
    }
    answer = work().read(Inbound("GET", query)).answer
    assert answer.body == b"1616140317555161061"
    [told] = work().read(wecom_call(xml("subscribe"))).events
    assert told.address.type is IdentityType.WECOM_USERID
    assert told.happening is Happening.FOLLOWED


def test_wecom_takes_nothing_plain_nor_anothers() -> None:
    another = wecom_call(xml("subscribe"), "ww2")
    for call in (plain(xml("subscribe")), another, Inbound("GET", {"echostr": "x"})):
        with pytest.raises((Forged, Malformed)):
            work().read(call)


@pytest.mark.parametrize(
    "box",
    ["<Encrypt>QUJD</Encrypt>", "<Encrypt>\n <![CDATA[QUJD]]>", '"Encrypt": "QUJD"'],
)
def test_a_sealed_body_is_not_parsed_before_its_signature_is_right(box: str) -> None:
    call = plain("<xml>" + "<a>" * 1000 + box, msg_signature="0" * 40)
    for reader in (work(), service("safe")):
        with pytest.raises(Forged):
            reader.read(call)


def test_slashes_that_a_writer_of_json_has_escaped() -> None:
    whole = sealed(GOOD)
    box = whole.body.split(b"<Encrypt><![CDATA[")[1].split(b"]]>")[0]
    body = b'{"Encrypt":"' + box.replace(b"/", b"\\/") + b'"}'
    [receipt] = service().read(Inbound("POST", whole.query, {}, body)).receipts
    assert receipt.provider_message_id == "7"
