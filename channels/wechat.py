"""WeChat service accounts: template messages (服务号模板消息).

POST /cgi-bin/message/template/send, with a token from /cgi-bin/stable_token.
Sources: the service account's pages "Template_Message_Interface" and
"getStableAccessToken"; error codes also from WxJava's tables.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

import httpx

from channels.accounts import WechatAccount
from channels.base import Content, Sending, Taken
from channels.clip import ELLIPSIS, clip, one_line
from channels.codes import CodeTable, classes, refusal
from channels.http import Answer, Line, Slots, deadline, to_json
from channels.times import Clock, after, until_midnight, utc_now
from channels.tokens import WAIT_SECONDS, MemoryTokenStore, Token, Tokens, TokenStore
from channels.weixin import OK, Reply, fetch_token, read_reply, with_token
from core.errors import (
    ContentRefused,
    Misconfigured,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel

TOKEN_CODES = frozenset({"40001", "40014", "42001", "41001"})

# A token code that comes a second time means the account. An unlisted code is
# an answer, so nothing was sent; it stops this message only, and the next
# channel is tried.
CODES = CodeTable(
    provider="wechat",
    classes=classes(
        {
            ProviderDown: "-1",
            Misconfigured: (
                "40001 40014 42001 41001 "
                "40013 40125 40164 89503 89504 89506 89507 48001 48004 50002 "
                "40037 40036 41030 48011 43102 45027"
            ),
            RecipientRefused: "40003 46004 43004 50005 43019 48002 43101",
            ContentRefused: "47003 47001 40035 45002 44004",
            RateLimited: "45009 45011",
        }
    ),
    unknown=ContentRefused,
    pauses={"45009": until_midnight, "45011": after(minutes=1)},
)

# How many characters a field of each type holds, and what shows that it was
# cut: the last three types take nothing but their own characters. Numbers,
# plates, times, dates and amounts are never cut: they would say something else.
FIELD_LIMITS: Mapping[str, tuple[int, str]] = {
    "thing": (20, ELLIPSIS),
    "const": (20, ELLIPSIS),
    "character_string": (32, "..."),
    "name": (10, ""),
    "phrase": (5, ""),
    "symbol": (5, ""),
}
# A name in letters, not in Chinese characters, may be longer.
_LATIN_NAME = 20
_FIELD = re.compile(r"([a-z_]+?)[0-9]+")
_SLOTS = 50


class WechatSender:
    """Sends template messages to the followers of a service account."""

    channel: ClassVar[Channel] = Channel.WECHAT
    provider: ClassVar[str] = "wechat"
    dedupe_window: ClassVar[timedelta | None] = timedelta(minutes=10)

    def __init__(
        self,
        account: WechatAccount,
        http: httpx.AsyncClient,
        store: TokenStore | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._account = account
        self._url = account.base_url.rstrip("/") + "/cgi-bin"
        self._line = Line(self.provider, http, clock)
        self._slots = Slots(self.provider, _SLOTS)
        self._tokens = Tokens(
            self.provider,
            account.appid,
            self._fetch,
            store or MemoryTokenStore(),
            clock,
        )

    async def send(self, sending: Sending) -> Taken:
        """Send one template message."""
        body = to_json(self._message(sending))
        async with self._slots.one():
            until = deadline()

            async def attempt(token: str) -> Reply:
                return read_reply(self._line, await self._post(token, body, until))

            reply = await with_token(self._tokens, TOKEN_CODES, attempt, until)
        if reply.code != OK:
            raise CODES.error(reply.code, self._line.clock())
        return Taken(provider=self.provider, provider_message_id=reply.text("msgid"))

    async def _post(self, token: str, body: bytes, until: float) -> Answer:
        return await self._line.call(
            "POST",
            f"{self._url}/message/template/send",
            until=until,
            params={"access_token": token},
            headers={"Content-Type": "application/json"},
            content=body,
        )

    def _message(self, sending: Sending) -> dict[str, object]:
        content = sending.content
        template = content.provider_template or self._account.default_template
        if not template:
            raise refusal(self.provider, Misconfigured, code="no-template")
        message: dict[str, object] = {
            "touser": sending.address.value,
            "template_id": template,
            "client_msg_id": sending.id.hex,
            "data": {name: {"value": v} for name, v in fields(content).items()},
        }
        if content.link:
            message["url"] = content.link
        return message

    async def _fetch(self, *, force: bool) -> Token:
        body = to_json(
            {
                "grant_type": "client_credential",
                "appid": self._account.appid,
                "secret": self._account.secret.get_secret_value(),
                "force_refresh": force,
            }
        )
        return await fetch_token(self._line, CODES, lambda: self._ask_token(body))

    async def _ask_token(self, body: bytes) -> Answer:
        return await self._line.call(
            "POST",
            f"{self._url}/stable_token",
            until=deadline(WAIT_SECONDS),
            headers={"Content-Type": "application/json"},
            content=body,
        )


def fields(content: Content) -> dict[str, str]:
    """Return the template's fields, each cut to what its type holds.

    Where the template names none they are thing1, thing2 … from the params in
    order, or from the text where there are no params either.
    """
    named = content.fields
    if not named:
        values = list(content.params.values()) or [content.title or content.body]
        named = {f"thing{n}": value for n, value in enumerate(values, start=1)}
    return {name: field_value(name, value) for name, value in named.items()}


def field_value(name: str, value: str) -> str:
    """Return a value in one line, within its field type's limit.

    An empty value would lose the message (47003): a hyphen stands for it.
    """
    line = one_line(value) or "-"
    kind = _FIELD.fullmatch(name)
    if kind is None or kind[1] not in FIELD_LIMITS:
        return line
    limit, ellipsis = FIELD_LIMITS[kind[1]]
    if kind[1] == "name" and line.isascii():
        limit = _LATIN_NAME
    return clip(line, limit, ellipsis=ellipsis)
