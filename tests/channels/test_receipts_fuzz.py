"""Whatever is sent to a receipt address is read, or refused: nothing breaks."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from channels.hospital.workstation import signature
from channels.provider import SandboxPorts
from channels.receipt_formats import FORMATS, Reporting
from channels.receipts import Inbound, Parsed, ReceiptFormat, ReceiptKeys
from channels.registry import PROVIDERS
from channels.weixin.crypto import sign
from core.errors import Forged, Malformed

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
TOKEN, AES_KEY = "token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
KEYS = ReceiptKeys(secret="s", token=SecretStr(TOKEN), aes_key=SecretStr(AES_KEY))
PORTS = SandboxPorts("http://127.0.0.1:9", 9)
# What the formats look for, so that some guesses go deep.
NAMES = st.sampled_from(
    [
        "success",
        "biz_id",
        "out_id",
        "err_code",
        "report_time",
        "status_code",
        "call_id",
        "sid",
        "report_status",
        "user_receive_time",
        "errmsg",
        "voiceprompt_callback",
        "callid",
        "result",
        "type",
        "id",
        "stage",
        "at",
        "Event",
        "MsgID",
        "Status",
        "FromUserName",
        "CreateTime",
        "List",
        "ErrorCode",
        "TemplateId",
        "SubscribeStatusString",
        "Encrypt",
        "SubscribeMsgSentEvent",
    ]
)
WORDS = st.sampled_from(
    [
        "DELIVRD",
        "SUCCESS",
        "FAIL",
        "true",
        "1",
        "0",
        "TEMPLATESENDJOBFINISH",
        "subscribe",
        "displayed",
        "subscribe_msg_sent_event",
        "subscribe_msg_popup_event",
        "accept",
        "success",
        "0001-01-01T00:00:00+08:00",
        "0d4ba4d2-66a5-5d6f-8a1a-9f2e1b7c3d4e",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=20,
)


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def as_xml(value: object, name: str = "xml") -> str:
    if isinstance(value, dict):
        inner = "".join(as_xml(v, k if k.isalpha() else "x") for k, v in value.items())
    elif isinstance(value, list):
        inner = "".join(as_xml(v, "List") for v in value)
    else:
        inner = f"<![CDATA[{value}]]>"
    return f"<{name}>{inner}</{name}>"


BODIES = (
    st.binary(max_size=200)
    | VALUES.map(as_json)
    | VALUES.map(lambda value: as_json([value]))
    | VALUES.map(lambda value: as_xml(value).encode("utf-8", "replace"))
)


def reader(form: Reporting[Any]) -> ReceiptFormat:
    [provider] = [
        p for p in PROVIDERS if (p.channel, p.name) == (form.channel, form.provider)
    ]
    return form.format(provider.sandbox(PORTS), KEYS, lambda: NOW)


def signed(body: bytes, method: str) -> Inbound:
    """Return a call whose signatures are all right, so that its body is read."""
    query = {
        "signature": sign(TOKEN, STAMP, "n"),
        "timestamp": STAMP,
        "nonce": "n",
        "echostr": "echo",
    }
    headers = {
        "x-mc-id": "i",
        "x-mc-timestamp": STAMP,
        "x-mc-signature": signature("sandbox-secret", "i", STAMP, body),
    }
    return Inbound(method, query, headers, body)


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f"{f.channel}-{f.provider}")
@settings(max_examples=30, deadline=None)
@given(body=BODIES, method=st.sampled_from(["GET", "POST"]))
def test_whatever_comes_is_read_or_refused(
    form: Reporting[Any], body: bytes, method: str
) -> None:
    try:
        parsed = reader(form).read(signed(body, method))
    except (Forged, Malformed):
        return
    assert isinstance(parsed, Parsed)
    for receipt in parsed.receipts:
        assert receipt.channel is form.channel
        assert receipt.provider == form.provider
        assert receipt.at.utcoffset() is not None
        assert receipt.code.isprintable()
