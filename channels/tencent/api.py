"""Tencent Cloud's calls: the TC3-HMAC-SHA256 signature, and errors inside a 200.

Parameters go in a JSON body, action and version in headers. Every answer has
HTTP 200; a refusal stands in `Response.Error`. Source: cloud.tencent.com
document/api/382/52071 (signature v3); the tests hold the signature against the
vendor's SDK.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import Field, SecretStr

from channels.kit.codes import CodeTable, refusal
from channels.kit.http import Answer, ProviderHttp, read_object, to_json
from core.base import Model
from core.errors import OutcomeUnknown

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json"
# Our clock and theirs differed, or the call was long under way: signed anew it
# may pass.
STALE = frozenset({"AuthFailure.SignatureExpire", "InternalError.RequestTimeException"})
_SIGNED = "content-type;host"


class TencentAccount(Model):
    """A key of Tencent Cloud, and an application of one of its products."""

    base_url: str
    region: str = "ap-guangzhou"
    secret_id: str = Field(pattern=r"^[\x21-\x7e]+$")
    secret_key: SecretStr
    sdk_app_id: str = Field(pattern=r"^[0-9]{1,20}$")
    default_template: str | None = None


def authorization(
    service: str, host: str, body: bytes, at: datetime, account: tuple[str, str]
) -> str:
    """Return the Authorization header of a JSON call of path `/`.

    The account is the key's id and its secret; `host` is as the header has it,
    with the port where one is named.
    """
    key, secret = account
    at = at.astimezone(UTC)
    scope = f"{at:%Y-%m-%d}/{service}/tc3_request"
    headers = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    request = "\n".join(("POST", "/", "", headers, _SIGNED, _sha256(body)))
    seconds = int(at.timestamp())
    to_sign = f"{ALGORITHM}\n{seconds}\n{scope}\n{_sha256(request.encode())}"
    signing_key = f"TC3{secret}".encode()
    for step in scope.split("/"):
        signing_key = _hmac(signing_key, step)
    signature = _hmac(signing_key, to_sign).hex()
    return (
        f"{ALGORITHM} Credential={key}/{scope}, "
        f"SignedHeaders={_SIGNED}, Signature={signature}"
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, repr=False)
class TencentReply:
    """An answer with its Response; `code` is its error's, empty where it has none."""

    answer: Answer
    code: str
    data: Mapping[str, Any]

    def entry(self, name: str) -> Mapping[str, Any]:
        """Return a field that is an object, or an empty one."""
        value = self.data.get(name)
        return value if isinstance(value, dict) else {}

    def entries(self, name: str) -> list[Mapping[str, Any]] | None:
        """Return a field that is a list of objects, None where it is no list."""
        value = self.data.get(name)
        if not isinstance(value, list):
            return None
        return [entry for entry in value if isinstance(entry, dict)]


@dataclass(frozen=True)
class TencentApi:
    """One version of one of Tencent Cloud's products, called with one key."""

    line: ProviderHttp
    account: TencentAccount
    service: str
    version: str

    async def call(
        self, action: str, params: Mapping[str, object], until: float
    ) -> TencentReply:
        """Return the reply, whatever its code; signed anew once if too old."""
        body = to_json(params)
        reply = await self._once(action, body, until)
        if reply.code in STALE:
            reply = await self._once(action, body, until)
        return reply

    async def _once(self, action: str, body: bytes, until: float) -> TencentReply:
        url = httpx.URL(self.account.base_url).copy_with(path="/")
        headers = self._headers(action, body, url.netloc.decode("ascii"))
        answer = await self.line.call(
            "POST", str(url), until=until, headers=headers, content=body
        )
        return self._read(answer)

    def _headers(self, action: str, body: bytes, host: str) -> dict[str, str]:
        now = self.line.clock()
        key = (self.account.secret_id, self.account.secret_key.get_secret_value())
        return {
            "Host": host,
            "Content-Type": CONTENT_TYPE,
            "X-TC-Action": action,
            "X-TC-Version": self.version,
            "X-TC-Region": self.account.region,
            "X-TC-Timestamp": str(int(now.timestamp())),
            "Authorization": authorization(self.service, host, body, now, key),
        }

    def _read(self, answer: Answer) -> TencentReply:
        data = (read_object(answer) or {}).get("Response")
        if not isinstance(data, dict):
            self.line.check(answer)
            raise refusal(self.line.provider, OutcomeUnknown, code="garbage")
        if "Error" not in data:
            return TencentReply(answer, "", data)
        error = data["Error"]
        code = error.get("Code") if isinstance(error, dict) else None
        if not isinstance(code, str) or not code:
            raise refusal(self.line.provider, OutcomeUnknown, code="garbage")
        return TencentReply(answer, code, data)

    def refuse(self, reply: TencentReply, table: CodeTable) -> None:
        """Raise what an error of the whole call means.

        An error status with a code nobody listed comes from something in
        between, and the status says more about it than the code.
        """
        if not reply.code and reply.answer.ok:
            return
        if not table.knows(reply.code):
            self.line.check(reply.answer, code=reply.code)
        raise table.error(reply.code, self.line.clock())
