"""Aliyun's RPC calls: the ACS3-HMAC-SHA256 signature and its codes.

Parameters go in the query, the body is empty, the action is in a header.
Source: help.aliyun.com "V3 request structure and signature"; the tests hold
the signature against the vendor's SDK.
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import Field, SecretStr

from channels.kit.codes import CodeTable, refusal
from channels.kit.http import Answer, ProviderHttp, read_object
from core.base import Model
from core.errors import OutcomeUnknown

ALGORITHM = "ACS3-HMAC-SHA256"
OK = "OK"
# The date was too old where it arrived: signed anew, it may pass.
STALE = frozenset({"InvalidTimeStamp.Expired"})

Nonce = Callable[[], str]


class AliyunKey(Model):
    """What an account of Aliyun signs with, and where it calls."""

    base_url: str
    access_key_id: str = Field(pattern=r"^[\x21-\x7e]+$")
    access_key_secret: SecretStr


def encode(text: str) -> str:
    """Return the text percent-encoded by RFC 3986."""
    return quote(text, safe="~")


def canonical_query(params: Mapping[str, str]) -> str:
    """Return the query as it is signed."""
    return "&".join(f"{encode(k)}={encode(params[k])}" for k in sorted(params))


def authorization(
    method: str,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    account: tuple[str, str],
) -> str:
    """Return the Authorization header for a call of path `/`.

    All the headers given are signed, and one of them must be
    `x-acs-content-sha256`; the account is the key's id and its secret.
    """
    key, secret = account
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    names = sorted(lower)
    signed = ";".join(names)
    request = "\n".join(
        (
            method,
            "/",
            canonical_query(params),
            "".join(f"{name}:{lower[name]}\n" for name in names),
            signed,
            lower["x-acs-content-sha256"],
        )
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    digest = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key},SignedHeaders={signed},Signature={digest}"


@dataclass(frozen=True, repr=False)
class AliyunReply:
    """An answer that has a Code."""

    answer: Answer
    code: str
    data: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a field, or nothing where it is no text."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""


def _new_nonce() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class AliyunApi:
    """One version of one of Aliyun's products, called with one access key."""

    line: ProviderHttp
    account: AliyunKey
    version: str
    nonce: Nonce = field(default=_new_nonce)

    async def call(
        self, action: str, params: Mapping[str, str], until: float
    ) -> AliyunReply:
        """Return the reply, whatever its code; signed anew once if too old."""
        reply = await self._once(action, params, until)
        if reply.code in STALE:
            reply = await self._once(action, params, until)
        return reply

    async def _once(
        self, action: str, params: Mapping[str, str], until: float
    ) -> AliyunReply:
        url = httpx.URL(self.account.base_url).copy_with(
            path="/", query=canonical_query(params).encode()
        )
        headers = self._headers(action, params, url.netloc.decode("ascii"))
        answer = await self.line.call("POST", str(url), until=until, headers=headers)
        return self._read(answer)

    def _headers(
        self, action: str, params: Mapping[str, str], host: str
    ) -> dict[str, str]:
        headers = {
            "host": host,
            "x-acs-action": action,
            "x-acs-version": self.version,
            "x-acs-date": _date(self.line.clock()),
            "x-acs-signature-nonce": self.nonce(),
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        secret = self.account.access_key_secret.get_secret_value()
        key = (self.account.access_key_id, secret)
        return {**headers, "Authorization": authorization("POST", params, headers, key)}

    def _read(self, answer: Answer) -> AliyunReply:
        data = read_object(answer) or {}
        code = data.get("Code")
        if isinstance(code, str) and code:
            return AliyunReply(answer, code, data)
        self.line.check(answer)
        raise refusal(self.line.provider, OutcomeUnknown, code="garbage")

    def refuse(self, reply: AliyunReply, table: CodeTable) -> None:
        """Raise what a code other than OK means.

        An error status with a code nobody listed comes from the gateway, and
        the status says more about it than the code.
        """
        if reply.code == OK and reply.answer.ok:
            return
        if not table.knows(reply.code):
            self.line.check(reply.answer, code=reply.code)
        raise table.error(reply.code, self.line.clock())


def _date(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
