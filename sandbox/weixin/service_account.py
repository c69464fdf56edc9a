"""WeChat service account: stable and classic tokens, template messages.

Wire format: developers.weixin.qq.com "getStableAccessToken", "getAccessToken"
and "sendTemplateMessage"; codes: the global return codes of the same site.
"""

import itertools
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.sandbox_keys import KEY
from core.words import Channel
from sandbox.kit.answers import Json, answering
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk
from sandbox.kit.outcomes import Outcome
from sandbox.kit.receipts import Push
from sandbox.weixin.api import (
    Body,
    Checked,
    TokenProvider,
    check_account,
    error,
    read_body,
    refused,
)
from sandbox.weixin.events import cdata, event_push
from sandbox.weixin.fields import wrong_field
from sandbox.weixin.tokens import Tokens

# The same openid and client_msg_id within this time are one message.
DEDUPE_WINDOW = timedelta(minutes=10)
OPENID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_SEND = "/cgi-bin/message/template/send"
# Real numbers exceed what a double can hold (2^53); so do these.
_FIRST_MSGID = 3_557_254_367_000_000_000
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
    provider = "wechat"
    unknown_token = (
        40001,
        "invalid credential, access_token is invalid or not latest",
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        # "与 getAccessToken 获取的调用凭证完全隔离，互不影响"
        self._classic = Tokens(desk.options.token_life, desk.now)
        self.apps: dict[str, TokenProvider] = {KEY: self}
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
        body = await read_body(request)
        _check(body, self.apps)
        app = self.apps[str(body["appid"])]
        return app.stable(forced=body.get("force_refresh") is True)

    async def classic_token(self, request: Request) -> Response:
        """Give a new token, which kills the one before."""
        _check(request.query_params, {KEY})
        return self.issued(self._classic, self._classic.replace())

    def next_msgid(self) -> str:
        """Return the number of one more message; all apps draw from one row."""
        return str(next(self._msgids))

    async def send(self, request: Request) -> Response:
        """Take a template message."""
        return await self.taking(request, checked, REFUSALS, self._take)

    def _take(self, openid: str, body: dict[str, object], outcome: Outcome) -> Response:
        entry = self.entry(openid, (_SEND, body), outcome, self.next_msgid())
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
        status = "failed:user block" if failed else "success"
        inside = (
            f"<MsgID>{entry.provider_message_id}</MsgID>"
            f"<Status>{cdata(status)}</Status>"
        )
        name = "TEMPLATESENDJOBFINISH"
        return event_push(self.desk, entry.recipient, name, inside)


class App(TokenProvider):
    """Another app at the same host: its calls take its own token or the service's."""

    appid: str
    unknown_token = WeChat.unknown_token

    def __init__(self, desk: Desk, service: WeChat) -> None:
        super().__init__(desk)
        self._service = service
        service.apps[self.appid] = self

    def issuers(self) -> list[Tokens]:
        """Return every kind of token that opens this app's door."""
        return [self._tokens, *self._service.issuers()]


def _check(account: Mapping[str, object], known: Collection[str]) -> None:
    if account.get("grant_type") != "client_credential":
        raise refused(40002, "invalid grant_type")
    wrong_secret = (40125, "invalid appsecret")
    given = (account.get("appid"), account.get("secret"))
    check_account(*given, "appid", wrong_secret, known)


def checked(body: Body) -> Checked:
    """Return the openid of a message with fields that WeChat would take."""
    openid, template, data = (body.get(k) for k in ("touser", "template_id", "data"))
    if not isinstance(openid, str) or not OPENID.fullmatch(openid):
        raise refused(40003, "invalid openid")
    if not isinstance(template, str) or not template.strip():
        raise refused(40037, "invalid template_id")
    if not isinstance(data, dict) or not data:
        raise refused(47003, "argument invalid! data invalid")
    wrong = wrong_field(data)
    if wrong is not None:
        raise refused(47003, f"argument invalid! {wrong} invalid")
    field = next(iter(data))
    rejected = f"argument invalid! data.{field}.value invalid"
    return openid, partial(error, 47003, rejected)
