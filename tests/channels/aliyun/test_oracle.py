"""Our Aliyun signature, byte for byte against the vendor's SDK."""

import asyncio
from urllib.parse import parse_qsl

import pytest

# The vendor's packages ship no types.
from alibabacloud_dysmsapi20170525 import models  # type: ignore[import-untyped]
from alibabacloud_dysmsapi20170525.client import Client  # type: ignore[import-untyped]
from alibabacloud_tea_openapi import utils_models  # type: ignore[import-untyped]
from alibabacloud_tea_openapi.utils import Utils  # type: ignore[import-untyped]
from darabonba.request import DaraRequest  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from channels.aliyun.api import authorization, canonical_query
from tests.support.channels.fakes import listening

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
# The SDK leaves names as they are, so those that encoding would change differ;
# no action has such a parameter.
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9.\-_~]{0,11}", fullmatch=True)


@given(st.dictionaries(NAMES, TEXTS, max_size=6), st.text("ab+/=", min_size=1))
def test_signatures_are_equal(params: dict[str, str], secret: str) -> None:
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-action": "SendSms",
        "x-acs-version": "2017-05-25",
        "x-acs-date": "2026-11-23T00:30:00Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb924"
        "27ae41e4649b934ca495991b7852b855",
    }
    request = DaraRequest()
    request.method, request.pathname = "POST", "/"
    request.query, request.headers = params, headers
    theirs = Utils.get_authorization(
        request,
        "ACS3-HMAC-SHA256",
        headers["x-acs-content-sha256"],
        "AKID",
        secret,
    )
    assert authorization("POST", params, headers, ("AKID", secret)) == theirs


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("协和", "%E5%8D%8F%E5%92%8C"),
        ("a b", "a%20b"),
        ("*+~:/", "%2A%2B~%3A%2F"),
        ("", ""),
    ],
)
def test_queries_are_encoded_by_rfc_3986(value: str, encoded: str) -> None:
    assert canonical_query({"b": value, "a": "1"}) == f"a=1&b={encoded}"


async def test_the_sdks_own_call_is_signed_as_we_would_sign_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The SDK goes through a proxy even to this machine.
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        body = b'{"Code":"OK","Message":"OK","RequestId":"R","BizId":"1^0"}'
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        await writer.drain()

    async with listening(serve) as port:
        config = utils_models.Config(
            access_key_id="AKID",
            access_key_secret="SECRET",
            endpoint=f"127.0.0.1:{port}",
            protocol="http",
        )
        answer = await Client(config).send_sms_async(
            models.SendSmsRequest(
                phone_numbers="13800138000",
                sign_name="协和 医院*+:",
                template_code="SMS_1",
                template_param='{"code":"1 2"}',
                out_id="msg-1",
            )
        )
    assert answer.body.code == "OK"
    start, *lines = heads[0].strip().split("\r\n")
    headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
    params = dict(parse_qsl(start.split(" ")[1].partition("?")[2]))
    theirs = headers["authorization"]
    names = theirs.split("SignedHeaders=")[1].partition(",")[0].split(";")
    signed = {name: headers[name] for name in names}
    assert authorization("POST", params, signed, ("AKID", "SECRET")) == theirs
