"""WeChat service account: stable and classic tokens, template messages.

Wire format: developers.weixin.qq.com "getStableAccessToken", "getAccessToken"
and "sendTemplateMessage"; codes: the global return codes of the same site.
"""

import hashlib
import itertools
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from xml.sax.saxutils import escape

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.words import Channel
from sandbox.answers import Json, answering, body_of, json_object
from sandbox.book import Entry
from sandbox.desk import Desk
from sandbox.outcomes import Outcome
from sandbox.receipts import Push
from sandbox.tokens import ForcedTooOften, Token, Tokens
from sandbox.wechat_fields import wrong_field
from sandbox.weixin import TokenProvider, check_account, error, refused

# The same openid and client_msg_id within this time are one message.
DEDUPE_WINDOW = timedelta(minutes=10)
_OPENID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_SEND = "/cgi-bin/message/template/send"
# Real numbers exceed what a double can hold (2^53); so do these.
_FIRST_MSGID = 3_557_254_367_000_000_000
# "如果微信服务器在五秒内收不到响应会断掉连接，并且重新发起请求，总共重试三次"
_RETRIES = (5 / 60, 5 / 60, 5 / 60)

REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    Outcome.INVALID_RECIPIENT: partial(error, 40003, "invalid openid"),
    Outcome.UNSUBSCRIBED: partial(error, 43004, "require subscribe"),
    Outcome.RATE_LIMIT: partial(
        error, 45011, "api minute-quota reach limit, retry next minute"
    ),
    Outcome.SERVER_ERROR: partial(error, -1, "system error"),
}


class WeChat(TokenProvider):
    """The service account's side of api.weixin.qq.com."""

    channel = Channel.WECHAT
    unknown_token = (
        40001,
        "invalid credential, access_token is invalid or not latest",
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        # "与 getAccessToken 获取的调用凭证完全隔离，互不影响"
        self._classic = Tokens(desk.options.token_life, desk.now)
        self._msgids = itertools.count(_FIRST_MSGID + secrets.randbelow(10**12))

    def issuers(self) -> list[Tokens]:
        """Return both kinds of token; either opens the door."""
        return [self._tokens, self._classic]

    def routes(self) -> list[BaseRoute]:
        """Return the paths of api.weixin.qq.com."""
        return [
            answering("/cgi-bin/stable_token", "POST", self.stable_token),
            answering("/cgi-bin/token", "GET", self.classic_token),
            answering(_SEND, "POST", self.send),
        ]

    async def stable_token(self, request: Request) -> Response:
        """Give the token in force; a new one only near its end or when forced."""
        body = json_object(await body_of(request))
        if body is None:
            raise refused(47001, "data format error")
        _check(body)
        try:
            forced = body.get("force_refresh") is True
            token = self._tokens.force() if forced else self._tokens.fetch()
        except ForcedTooOften:
            raise refused(45009, "reach max api daily quota limit") from None
        return self._issued(self._tokens, token)

    async def classic_token(self, request: Request) -> Response:
        """Give a new token, which kills the one before."""
        _check(request.query_params)
        return self._issued(self._classic, self._classic.replace())

    def _issued(self, issuer: Tokens, token: Token) -> Response:
        value = self.count(token).value
        return Json({"access_token": value, "expires_in": issuer.seconds_left(token)})

    async def send(self, request: Request) -> Response:
        """Take a template message."""
        token = self.check_token(request)
        body = json_object(await body_of(request))
        if body is None:
            raise refused(47001, "data format error")
        openid, data = _checked(body)
        outcome = await self.desk.decide(self.channel, openid)
        field = next(iter(data))
        refusals: dict[Outcome, Callable[[], Response]] = {
            **REFUSALS,
            Outcome.REJECT: partial(
                error, 47003, f"argument invalid! data.{field}.value invalid"
            ),
            Outcome.EXPIRED_TOKEN: partial(self.expired, token),
        }
        return self.desk.answer(
            outcome, refusals, lambda: self._take(openid, body, outcome)
        )

    def _take(self, openid: str, body: dict[str, object], outcome: Outcome) -> Response:
        entry = Entry(
            channel=self.channel,
            provider="wechat",
            recipient=openid,
            at=self.desk.now(),
            provider_message_id=str(next(self._msgids)),
            outcome=outcome,
            request={"path": _SEND, "body": body},
        )
        key = body.get("client_msg_id")
        if isinstance(key, str) and key:
            first = self.desk.book.enter_once(entry, key, DEDUPE_WINDOW)
        else:
            first = self.desk.book.enter(entry)
        if first is entry and outcome is not Outcome.NO_RECEIPT:
            self.desk.receipts.later(self.channel, partial(self._event, entry))
        return Json(
            {"errcode": 0, "errmsg": "ok", "msgid": int(first.provider_message_id)}
        )

    def _event(self, entry: Entry) -> Push:
        """Return the receipt: a signed TEMPLATESENDJOBFINISH event."""
        failed = entry.outcome is Outcome.RECEIPT_FAILED
        now = int(self.desk.now().timestamp())
        xml = (
            "<xml><ToUserName><![CDATA[gh_sandbox]]></ToUserName>"
            f"<FromUserName><![CDATA[{escape(entry.recipient)}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime>"
            "<MsgType><![CDATA[event]]></MsgType>"
            "<Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>"
            f"<MsgID>{entry.provider_message_id}</MsgID>"
            f"<Status><![CDATA[{'failed:user block' if failed else 'success'}]]>"
            "</Status></xml>"
        )
        params = signed(self.desk.options.receipts_secret, str(now))
        params["openid"] = entry.recipient
        return Push(xml.encode(), "text/xml", _event_taken, _RETRIES, params)


def signed(token: str, timestamp: str) -> dict[str, str]:
    """Return the query that proves a call comes from WeChat."""
    nonce = str(secrets.randbelow(10**9))
    text = "".join(sorted([token, timestamp, nonce]))
    # The vendor's scheme is SHA-1; nothing here rests on its strength.
    signature = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return {"signature": signature, "timestamp": timestamp, "nonce": nonce}


def _event_taken(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.content in (b"", b"success")


def _check(account: Mapping[str, object]) -> None:
    if account.get("grant_type") != "client_credential":
        raise refused(40002, "invalid grant_type")
    wrong_secret = (40125, "invalid appsecret")
    check_account(account.get("appid"), account.get("secret"), "appid", wrong_secret)


def _checked(body: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Return openid and fields of a message that WeChat would take."""
    openid, template, data = (body.get(k) for k in ("touser", "template_id", "data"))
    if not isinstance(openid, str) or not _OPENID.fullmatch(openid):
        raise refused(40003, "invalid openid")
    if not isinstance(template, str) or not template.strip():
        raise refused(40037, "invalid template_id")
    if not isinstance(data, dict) or not data:
        raise refused(47003, "argument invalid! data invalid")
    wrong = wrong_field(data)
    if wrong is not None:
        raise refused(47003, f"argument invalid! {wrong} invalid")
    return openid, data
