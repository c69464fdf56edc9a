"""Calls to the sandbox as Tencent Cloud's clients make them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import httpx

from tests.support.sandbox.rig import SECRET, Fields, Rig

NONE: Fields = {}
VERSIONS = {"sms": "2021-01-11", "vms": "2020-09-02"}


def tencent(
    rig: Rig,
    service: str,
    action: str,
    body: bytes,
    *,
    key: str = "sandbox",
    secret: str = SECRET,
    age: timedelta = timedelta(0),
    scope: str | None = None,
    **headers: str,
) -> httpx.Response:
    """Make a call signed by TC3-HMAC-SHA256, written from its specification."""
    at = datetime.now(UTC) - age
    day = at.strftime("%Y-%m-%d")
    host = rig.url.removeprefix("http://")
    lines = ["POST", "/", "", "content-type:application/json", f"host:{host}", ""]
    lines += ["content-type;host", hashlib.sha256(body).hexdigest()]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    stamp = str(int(at.timestamp()))
    credential = f"{day}/{scope or service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{credential}\n{digest}"
    signing = b"TC3" + secret.encode()
    for step in (day, scope or service, "tc3_request"):
        signing = hmac.new(signing, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    sent = {
        "authorization": f"TC3-HMAC-SHA256 Credential={key}/{credential}, "
        f"SignedHeaders=content-type;host, Signature={signature}",
        "content-type": "application/json",
        "x-tc-action": action,
        "x-tc-region": "ap-guangzhou",
        "x-tc-timestamp": stamp,
        "x-tc-version": VERSIONS[service],
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return rig.http.post("/", content=body, headers=sent)


def tencent_sms(rig: Rig, *numbers: str, **more: object) -> httpx.Response:
    """Send one short message."""
    params = {
        "PhoneNumberSet": [f"+86{number}" for number in numbers],
        "SmsSdkAppId": "1400000000",
        "SignName": "市第一医院",
        "TemplateId": "100001",
        "TemplateParamSet": ["张三"],
        **more,
    }
    return tencent(rig, "sms", "SendSms", json.dumps(params).encode())


def tencent_voice(rig: Rig, number: str, **more: object) -> httpx.Response:
    """Make one call."""
    params = {
        "CalledNumber": f"+86{number}",
        "VoiceSdkAppid": "1400000000",
        "TemplateId": "100001",
        "TemplateParamSet": ["七病区"],
        **more,
    }
    return tencent(rig, "vms", "SendTtsVoice", json.dumps(params).encode())


def code_of(answer: httpx.Response) -> str:
    """Return the code of an answer: the error's, or that of its first status."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()["Response"]
    if "Error" in found:
        return str(found["Error"]["Code"])
    return str(found["SendStatusSet"][0]["Code"]) if "SendStatusSet" in found else "Ok"
