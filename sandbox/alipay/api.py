"""Alipay's gateway: RSA2-signed calls, answers signed over their text.

Wire format: opendocs "common parameters" and "sign", the vendor's SDK's models.
Common parameters may be in the query or the body; both are signed as one.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import partial
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.rsa2 import is_signed, private_key, sign, signed_text
from core.sandbox_keys import ALIPAY_KEY, APP_KEY, KEY
from core.words import Channel
from sandbox.alipay.methods import METHODS, MethodError
from sandbox.kit.answers import Refusal, answering, body_of, json_object
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk, Provider
from sandbox.kit.outcomes import Outcome

_PATH = "/gateway.do"
_CHINA = timezone(timedelta(hours=8))
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_LATE = timedelta(days=1)
_REQUIRED = {
    "app_id": "isv.missing-app-id",
    "method": "isv.missing-method",
    "sign": "isv.missing-signature",
    "sign_type": "isv.missing-signature-type",
    "timestamp": "isv.missing-timestamp",
    "version": "isv.missing-version",
}
Params = Mapping[str, str]


class Alipay(Provider):
    """The gateway of openapi.alipay.com."""

    channel = Channel.ALIPAY

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._app = private_key(APP_KEY).public_key()
        self._key = private_key(ALIPAY_KEY)

    def routes(self) -> list[BaseRoute]:
        """Return the gateway, by both methods that SDKs call it with."""
        return [answering(_PATH, method, self.call) for method in ("POST", "GET")]

    async def call(self, request: Request) -> Response:
        """Answer one signed call."""
        params = await _params(request)
        self._check(params)
        content = json_object(params.get("biz_content", ""))
        if content is None:
            raise self._no(params, "40002", "isv.invalid-parameter")
        try:
            recipient = METHODS[params["method"]](content)
        except MethodError as wrong:
            raise self._no(params, wrong.code, wrong.sub_code) from None
        outcome = await self.desk.decide(self.channel, "alipay", recipient)
        take = partial(self._take, params, recipient, content, outcome)
        return self.desk.answer(outcome, self._refusals(params), take)

    def _refusals(self, params: Params) -> dict[Outcome, Callable[[], Response]]:
        said = {
            Outcome.INVALID_RECIPIENT: ("40004", "USER_INFO_NOT_EXIST"),
            Outcome.UNSUBSCRIBED: ("40004", "USER_INFO_NOT_EXIST"),
            Outcome.REJECT: ("40004", "USER_KEYWORD_LENGTH_ERROR"),
            Outcome.RATE_LIMIT: ("40005", "isv.app-call-limited"),
            Outcome.SERVER_ERROR: ("20000", "isp.unknow-error"),
            Outcome.EXPIRED_TOKEN: ("20001", "aop.auth-token-time-out"),
        }
        return {
            outcome: partial(self._refuse, params, *codes)
            for outcome, codes in said.items()
        }

    def _take(
        self,
        params: Params,
        recipient: str,
        content: dict[str, object],
        outcome: Outcome,
    ) -> Response:
        entry = Entry(
            channel=self.channel,
            provider="alipay",
            recipient=recipient,
            at=self.desk.now(),
            provider_message_id=secrets.token_hex(16),
            outcome=outcome,
            request={"method": params["method"], "biz_content": content},
        )
        key = content.get("out_msg_id")
        if isinstance(key, str) and key:
            entry = self.desk.book.enter_once(entry, key, _LATE)
        else:
            self.desk.book.enter(entry)
        data: dict[str, object] = {"code": "10000", "msg": "Success"}
        if params["method"].startswith("alipay.commerce.medical."):
            number = entry.provider_message_id
            data |= {"msg_id": number, "msg_id_list": [number], "out_msg_id": key}
        return self._answer(params, data)

    def _check(self, params: Params) -> None:
        """Refuse what the gateway refuses before it looks at the content."""
        for name, sub_code in _REQUIRED.items():
            if not params.get(name):
                raise self._no(params, "40001", sub_code)
        rules = (
            (params["app_id"] == KEY, "isv.invalid-app-id"),
            (params["method"] in METHODS, "isv.invalid-method"),
            (params["sign_type"] == "RSA2", "isv.invalid-signature-type"),
            (params["version"] == "1.0", "isv.invalid-parameter"),
            (params.get("format", "JSON") in ("JSON", "json"), "isv.invalid-format"),
            (params.get("charset", "").lower() == "utf-8", "isv.invalid-charset"),
            (self._is_now(params["timestamp"]), "isv.invalid-timestamp"),
            (
                is_signed(self._app, signed_text(params), params["sign"]),
                "isv.invalid-signature",
            ),
        )
        for holds, sub_code in rules:
            if not holds:
                raise self._no(params, "40002", sub_code)

    def _is_now(self, text: str) -> bool:
        if not _TIME.fullmatch(text):
            return False
        try:
            at = datetime.fromisoformat(text).replace(tzinfo=_CHINA)
        except ValueError:
            return False
        return abs(self.desk.now() - at) <= _LATE

    def _no(self, params: Params, code: str, sub_code: str) -> Refusal:
        return Refusal(self._refuse(params, code, sub_code))

    def _refuse(self, params: Params, code: str, sub_code: str) -> Response:
        said = {"msg": "Business Failed", "sub_msg": f"refused: {sub_code}"}
        return self._answer(params, {"code": code, "sub_code": sub_code, **said})

    def _answer(self, params: Params, data: Mapping[str, object]) -> Response:
        """Return an answer in one line, signed over the text of its node."""
        method = params.get("method", "")
        known = method in METHODS
        node = method.replace(".", "_") + "_response" if known else "error_response"
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        body = f'{{"{node}":{text},"sign":"{sign(self._key, text)}"}}'
        return Response(body, media_type="application/json;charset=utf-8")


async def _params(request: Request) -> dict[str, str]:
    """Return the parameters of query and body."""
    raw = await body_of(request)
    body = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
    return {**dict(request.query_params), **dict(body)}
