"""Alipay's gateway: signed calls, answers whose signature covers their raw text.

POST gateway.do: the common parameters in the query, biz_content in the body,
signed by RSA2. Sources: opendocs "sign" and "common error codes", and the
vendor's SDK (DefaultAlipayClient); the tests hold the signature against another SDK.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import urlencode

import httpx
from pydantic import Field, SecretStr, field_validator

from channels.kit.codes import CodeTable, classes, refusal
from channels.kit.http import Answer, ProviderHttp, Slots, deadline, to_json
from channels.kit.times import CHINA, Clock, after
from channels.provider import SandboxPorts
from core.base import Model
from core.errors import (
    ContentRefused,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientRefused,
)
from core.rsa2 import (
    is_signed,
    private_key,
    public_key,
    public_text,
    sign,
    signed_text,
)
from core.sandbox_keys import ALIPAY_KEY, APP_KEY, KEY

OK = "10000"
BUSINESS = "40004"
_SLOTS = 50

# By sub_code where the answer has one, by the gateway's code else. Whatever
# 40004 says is an answer, so nothing was sent. 20000 is Alipay's "unknown": it
# may have been, and there is no duplicate key to count on.
CODES = CodeTable(
    provider="alipay",
    classes=classes(
        {
            OutcomeUnknown: "20000 isp.unknow-error aop.unknow-error ACQ.SYSTEM_ERROR",
            Misconfigured: (
                "20001 aop.invalid-auth-token aop.auth-token-time-out "
                "aop.invalid-app-auth-token aop.invalid-app-auth-token-no-api "
                "aop.app-auth-token-time-out aop.no-product-reg-by-partner "
                "40002 isv.invalid-signature isv.invalid-app-id isv.invalid-method "
                "isv.invalid-timestamp isv.invalid-signature-type "
                "isv.invalid-charset isv.invalid-format isv.invalid-encoding "
                "isv.missing-signature isv.missing-app-id isv.missing-method "
                "isv.missing-signature-key isv.missing-timestamp "
                "40006 isv.insufficient-isv-permissions "
                "isv.insufficient-user-permissions "
                "USER_TEMPLATE_ILLEGAL FORM_ID_NOT_MATCH_APPID TEMPLATE_ID_IS_BLANK"
            ),
            RateLimited: "40005 isv.app-call-limited isv.method-call-limited",
            RecipientRefused: (
                "FORM_ID_OVER_TIME TRADE_NO_NOT_MATCH_USERID USER_INFO_NOT_EXIST"
            ),
            ContentRefused: (
                "40001 40004 isv.invalid-parameter "
                "USER_TEMPLATE_LACK_KEYWORD USER_KEYWORD_LENGTH_ERROR"
            ),
        }
    ),
    unknown=ContentRefused,
    pauses={
        code: after(minutes=1)
        for code in ("40005", "isv.app-call-limited", "isv.method-call-limited")
    },
)

Interface = Literal[
    "mini_template", "life_message", "medical_subscribed", "medical_direct"
]


class AlipayAccount(Model):
    """An app at Alipay, its private key, and the interface that it may use.

    `page` is the page of the mini program that a message opens.
    """

    base_url: str = "https://openapi.alipay.com"
    app_id: str = Field(pattern=r"^[\x21-\x7e]+$")
    app_private_key: SecretStr
    alipay_public_key: str = Field(repr=False)
    interface: Interface = "mini_template"
    default_template: str | None = None
    page: str = Field(default="", max_length=512)

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            app_id=KEY,
            app_private_key=SecretStr("".join(APP_KEY.split())),
            alipay_public_key=public_text(private_key(ALIPAY_KEY)),
            default_template="sandbox-template",
            page="pages/message",
        )

    @field_validator("app_private_key")
    @classmethod
    def _signs(cls, key: SecretStr) -> SecretStr:
        """Refuse a key that could not sign; an empty one is told of elsewhere."""
        if text := key.get_secret_value():
            private_key(text)
        return key

    @field_validator("alipay_public_key")
    @classmethod
    def _verifies(cls, key: str) -> str:
        """Refuse a key that could not verify."""
        public_key(key)
        return key


@dataclass(frozen=True, repr=False)
class AlipayReply:
    """What a method answered, beside its code."""

    data: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """Return a field as text, the first of a list."""
        value = self.data.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        return value[:128] or None if isinstance(value, str) else None


class Gateway:
    """One app's way to Alipay: `call` raises what an answer's code means."""

    def __init__(self, account: AlipayAccount, http: httpx.AsyncClient, clock: Clock):
        self._url = account.base_url.rstrip("/") + "/gateway.do"
        self._app_id = account.app_id
        self._key = private_key(account.app_private_key.get_secret_value())
        self._theirs = public_key(account.alipay_public_key)
        self._line = ProviderHttp(CODES.provider, http, clock)
        self._slots = Slots(CODES.provider, _SLOTS)

    async def call(self, method: str, content: Mapping[str, object]) -> AlipayReply:
        """Return Alipay's yes to a call; a DeliveryError else."""
        biz_content = to_json(content).decode()
        params = self._signed(method, biz_content)
        async with self._slots.one():
            answer = await self._line.call(
                "POST",
                self._url,
                until=deadline(),
                params=params,
                headers={
                    "Content-Type": "application/x-www-form-urlencoded;charset=utf-8"
                },
                content=urlencode({"biz_content": biz_content}).encode(),
            )
        return self._read(method.replace(".", "_") + "_response", answer)

    def _signed(self, method: str, biz_content: str) -> dict[str, str]:
        """Return the common parameters with the signature over all."""
        now = self._line.clock().astimezone(CHINA)
        params = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{now:%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
        }
        text = signed_text({**params, "biz_content": biz_content})
        return {**params, "sign": sign(self._key, text)}

    def _read(self, node: str, answer: Answer) -> AlipayReply:
        """Return a yes whose signature is Alipay's.

        A refusal is believed without one: the gateway does not sign all of them,
        and what it leads to is the next channel.
        """
        self._line.check(answer)
        whole = self._line.json_object(answer)
        data = whole.get(node, whole.get("error_response"))
        code = data.get("code") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(code, str):
            raise refusal(CODES.provider, OutcomeUnknown, code="garbage")
        if code != OK:
            raise CODES.error(_code(code, data.get("sub_code")), self._line.clock())
        signature, text = whole.get("sign"), raw_node(answer.body, node)
        if not isinstance(signature, str) or not is_signed(
            self._theirs, text, signature
        ):
            raise refusal(CODES.provider, OutcomeUnknown, code="bad-signature")
        return AlipayReply(data)


def _code(code: str, sub_code: object) -> str:
    """Return the more telling of the two codes."""
    if not isinstance(sub_code, str) or not sub_code:
        return code
    bare = sub_code.removeprefix("isv.")
    known = next((c for c in (sub_code, bare) if CODES.knows(c)), None)
    return known or (sub_code if code == BUSINESS else code)


def raw_node(body: bytes, node: str) -> str:
    """Return the text of one member of a JSON object, as it was written.

    That is what the signature covers; written anew it might differ. "" where
    there is no such member. The body is known to be a JSON object.
    """
    text, decoder = body.decode("utf-8", "replace"), json.JSONDecoder()
    at = _skip(text, text.index("{") + 1)
    while text[at] == '"':
        name, at = decoder.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)
        _, at = decoder.raw_decode(text, begin)
        if name == node:
            return text[begin:at]
        at = _skip(text, _skip(text, at) + 1)
        if at >= len(text):
            break
    return ""


def _skip(text: str, at: int) -> int:
    """Return the place of the next character that is no blank."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
