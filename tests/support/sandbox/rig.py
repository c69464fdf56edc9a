"""A running sandbox for tests, and calls as each provider's clients make them."""

import hashlib
import hmac
import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote

import httpx

from sandbox.app import Sandbox, create_sandbox
from sandbox.kit.context import Options
from sandbox.server import running

SECRET = "sandbox-secret"
Items = list[dict[str, object]]
Fields = Mapping[str, object]
NONE: Fields = MappingProxyType({})
_numbers = itertools.count()


class Clock:
    """The time, which a test may let pass."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def pass_by(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Rig:
    """A sandbox on free ports, and a connection to it."""

    app: Sandbox
    http: httpx.Client
    url: str
    smtp_port: int

    def rules(self, *rules: Mapping[str, object]) -> None:
        self.http.put("/_sandbox/rules", json=rules).raise_for_status()

    def messages(self, **query: str) -> list[dict[str, object]]:
        answer = self.http.get("/_sandbox/messages", params=query)
        items: Items = answer.raise_for_status().json()["items"]
        return items

    def reset(self) -> None:
        self.http.delete("/_sandbox").raise_for_status()

    def fetches(self) -> dict[str, int]:
        counts: dict[str, int] = self.http.get("/_sandbox/tokens").json()
        return counts


@contextmanager
def rig(options: Options) -> Iterator[Rig]:
    """Run a sandbox; its environment's proxies are not asked."""
    app = create_sandbox(options)
    with (
        running(app) as ports,
        httpx.Client(base_url=ports.url, trust_env=False, timeout=5) as http,
    ):
        yield Rig(app, http, ports.url, ports.smtp or 0)


def new_number() -> str:
    """Return a mobile number no other call of this run has had."""
    return f"138{next(_numbers):08d}"


def aliyun(
    rig: Rig,
    action: str,
    params: Mapping[str, str],
    *,
    key: str = "sandbox",
    secret: str = SECRET,
    version: str = "2017-05-25",
    **headers: str,
) -> httpx.Response:
    """Make a call signed by ACS3-HMAC-SHA256, written from its specification."""
    signed = {
        "host": rig.url.removeprefix("http://"),
        "x-acs-action": action,
        "x-acs-version": version,
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    query = "&".join(
        f"{quote(k, safe='~')}={quote(params[k], safe='~')}" for k in sorted(params)
    )
    names = sorted(signed)
    lines = ["POST", "/", query, *(f"{n}:{signed[n]}" for n in names), ""]
    lines += [";".join(names), signed["x-acs-content-sha256"]]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = f"ACS3-HMAC-SHA256\n{digest}".encode()
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    authorization = (
        f"ACS3-HMAC-SHA256 Credential={key},"
        f"SignedHeaders={';'.join(names)},Signature={signature}"
    )
    return rig.http.post(
        f"/?{query}", headers={**signed, "authorization": authorization}
    )


def sms(rig: Rig, number: str, **more: str) -> httpx.Response:
    """Send one short message."""
    params = {
        "PhoneNumbers": number,
        "SignName": "市第一医院",
        "TemplateCode": "SMS_100000001",
        "TemplateParam": json.dumps({"name": "张三"}, ensure_ascii=False),
        **more,
    }
    return aliyun(rig, "SendSms", params)


def voice(rig: Rig, number: str, **more: str) -> httpx.Response:
    """Make one call."""
    params = {
        "CalledNumber": number,
        "TtsCode": "TTS_10000001",
        "TtsParam": '{"ward":"七病区"}',
        **more,
    }
    return aliyun(rig, "SingleCallByTts", params)


def wechat_token(rig: Rig, **more: object) -> str:
    """Fetch a stable token."""
    body = {"grant_type": "client_credential", "appid": "sandbox", "secret": SECRET}
    answer = rig.http.post("/cgi-bin/stable_token", json={**body, **more}).json()
    token: str = answer["access_token"]
    return token


def wechat(
    rig: Rig, openid: str, token: str | None = None, fields: Fields = NONE
) -> httpx.Response:
    """Send one template message."""
    body = {
        "touser": openid,
        "template_id": "sandbox-template",
        "data": {"thing1": {"value": "您的检查报告已出"}},
        **fields,
    }
    return rig.http.post(
        "/cgi-bin/message/template/send",
        params={"access_token": wechat_token(rig) if token is None else token},
        json=body,
    )


def wecom_token(rig: Rig) -> str:
    """Fetch the app's token."""
    query = {"corpid": "sandbox", "corpsecret": SECRET}
    token: str = rig.http.get("/cgi-bin/gettoken", params=query).json()["access_token"]
    return token


def wecom(
    rig: Rig, users: object, token: str | None = None, fields: Fields = NONE
) -> httpx.Response:
    """Send one card."""
    card = {
        "title": "危急值",
        "description": "请在十分钟内确认",
        "url": "https://hospital.example/m/1",
    }
    body = {"touser": users, "msgtype": "textcard", "agentid": 1000002}
    return rig.http.post(
        "/cgi-bin/message/send",
        params={"access_token": wecom_token(rig) if token is None else token},
        json={**body, "textcard": card, **fields},
    )


def workstation(
    rig: Rig,
    recipient: str,
    *,
    id: str | None = None,
    secret: str = SECRET,
    age: int = 0,
    fields: Fields = NONE,
    raw: bytes | None = None,
) -> httpx.Response:
    """Post one pop-up."""
    id = id or str(uuid.uuid4())
    body: dict[str, object] = {
        "type": "msg",
        "id": id,
        "recipient": {"type": "workstation_id", "value": recipient},
        "level": "critical",
        "title": "危急值",
        "body": "血钾 7.1 mmol/L",
        "need_ack": True,
        **fields,
    }
    raw = raw or json.dumps(body, ensure_ascii=False).encode()
    timestamp = str(int(datetime.now(UTC).timestamp()) - age)
    signed = f"{id}.{timestamp}.".encode() + raw
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    headers = {
        "x-mc-id": id,
        "x-mc-timestamp": timestamp,
        "x-mc-signature": f"v1={digest}",
    }
    return rig.http.post("/workstation/messages", content=raw, headers=headers)


def errcode(answer: httpx.Response) -> int:
    """Return what WeChat or WeCom says in a 200."""
    assert answer.status_code == 200
    code: int = answer.json()["errcode"]
    return code
