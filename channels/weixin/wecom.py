"""WeCom (企业微信): messages of an application to the hospital's staff.

POST /cgi-bin/message/send, with a token from /cgi-bin/gettoken. Sources:
developer.work.weixin.qq.com path/90236 (messages), 91039 (token), 90454 (limits).
"""

import re
from datetime import timedelta
from typing import ClassVar, Self

import httpx
from pydantic import Field, SecretStr

from channels.base import Acceptance, Sending
from channels.kit.address_codes import says
from channels.kit.clip import clip, in_bytes
from channels.kit.codes import CodeTable, classes, refusal
from channels.kit.http import Answer, ProviderHttp, Slots, deadline, to_json
from channels.kit.times import Clock, after
from channels.kit.tokens import (
    WAIT_SECONDS,
    MemoryTokenStore,
    Token,
    Tokens,
    TokenStore,
)
from channels.provider import Provider, SandboxPorts
from channels.weixin.api import OK, WeixinReply, fetch_token, read_reply, with_token
from core.base import Model
from core.clock import utc_now
from core.errors import (
    ContentRefused,
    Misconfigured,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.sandbox_keys import KEY, SECRET
from core.text.letters import one_line
from core.words import Channel, State

TOKEN_CODES = frozenset({"40014", "42001", "41001"})
DUPLICATE_SECONDS = 14_400

# A token code that comes a second time means the account. An unlisted code is
# an answer, so nothing was sent; it stops this message only, and the next
# channel is tried. 45009 blocks for a minute, an hour or the day and does not
# say which: we ask after the shortest.
CODES = CodeTable(
    provider="wecom",
    classes=classes(
        {
            ProviderDown: "-1",
            Misconfigured: (
                "40014 42001 41001 "
                "40001 40091 40013 40056 48002 60011 60020 301002 48004"
            ),
            RecipientRefused: "81013 82001 60111 40003 46004 40031",
            ContentRefused: "40008 40058 40063 44004 45002 41016 41033 40007",
            RateLimited: "45009 45033",
        }
    ),
    unknown=ContentRefused,
    pauses={"45009": after(minutes=1), "45033": after(seconds=5)},
)

# What a recall is refused with that a later one, or another account, would be too.
_OF_THE_MESSAGE = (ContentRefused, RecipientRefused)

TITLE_BYTES = 128
DESCRIPTION_BYTES = 512
URL_BYTES = 2048
TEXT_BYTES = 2048
# Concurrency above 5 to 10 calls is refused with 45033.
_SLOTS = 8
_NOT_ONE_USER = re.compile(r"\||^@all$", re.IGNORECASE)
# Texts may hold <a> and <div>: a value never becomes a tag.
_TAG = re.compile(r"<(?=[A-Za-z/!])")


class WecomAccount(Model):
    """An application of a WeCom corporation."""

    base_url: str = "https://qyapi.weixin.qq.com"
    corpid: str = Field(pattern=r"^[\x21-\x7e]+$")
    corpsecret: SecretStr
    agentid: int

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            corpid=KEY,
            corpsecret=SecretStr(SECRET),
            agentid=1000002,
        )


class WecomSender:
    """Sends an application's cards to staff."""

    channel: ClassVar[Channel] = Channel.WECOM
    provider: ClassVar[str] = "wecom"
    dedupe_window: ClassVar[timedelta | None] = timedelta(seconds=DUPLICATE_SECONDS)

    def __init__(
        self,
        account: WecomAccount,
        http: httpx.AsyncClient,
        store: TokenStore | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._account = account
        self._url = account.base_url.rstrip("/") + "/cgi-bin"
        self._line = ProviderHttp(self.provider, http, clock)
        self._slots = Slots(self.provider, _SLOTS)
        # Each application of a corporation has a token of its own.
        self._tokens = Tokens(
            self.provider,
            f"{account.corpid}:{account.agentid}",
            self._fetch,
            store or MemoryTokenStore(),
            clock,
        )

    async def send(self, sending: Sending) -> Acceptance:
        """Send one card, or a text where there is no link for a card."""
        body = to_json(message(sending, self._account.agentid))
        async with self._slots.one():
            until = deadline()

            async def attempt(token: str) -> WeixinReply:
                return read_reply(self._line, await self._post(token, body, until))

            reply = await with_token(self._tokens, TOKEN_CODES, attempt, until)
        if reply.code != OK:
            raise CODES.error(reply.code, self._line.clock())
        _check_reached(reply, sending.address.value)
        return Acceptance(
            provider=self.provider, provider_message_id=reply.text("msgid")
        )

    async def recall(self, provider_message_id: str) -> bool:
        """Take a message back, within 24 hours (path 94947)."""
        body = to_json({"msgid": provider_message_id})
        async with self._slots.one():
            until = deadline()

            async def attempt(token: str) -> WeixinReply:
                answer = await self._post(token, body, until, "recall")
                return read_reply(self._line, answer)

            reply = await with_token(self._tokens, TOKEN_CODES, attempt, until)
        if reply.code == OK:
            return True
        if CODES.class_of(reply.code) not in _OF_THE_MESSAGE:
            raise CODES.error(reply.code, self._line.clock())
        return False

    async def _post(
        self, token: str, body: bytes, until: float, what: str = "send"
    ) -> Answer:
        return await self._line.call(
            "POST",
            f"{self._url}/message/{what}",
            until=until,
            params={"access_token": token},
            headers={"Content-Type": "application/json"},
            content=body,
        )

    async def _fetch(self, *, force: bool) -> Token:
        """Fetch a token: WeCom knows no force, and gives a dead one a successor."""
        return await fetch_token(self._line, CODES, self._ask_token)

    async def _ask_token(self) -> Answer:
        secret = self._account.corpsecret.get_secret_value()
        return await self._line.call(
            "GET",
            f"{self._url}/gettoken",
            until=deadline(WAIT_SECONDS),
            params={"corpid": self._account.corpid, "corpsecret": secret},
        )


_SAYS = says(
    {
        State.OUT_OF_RANGE: "81013 82001 60111 invaliduser unlicenseduser",
        State.INVALID: "40003 46004 40031",
    }
)

PROVIDER = Provider(
    WecomSender,
    WecomAccount,
    lambda account, tools: WecomSender(account, tools.http, tools.tokens, tools.clock),
    WecomAccount.sandbox,
    says=_SAYS,
)


def _check_reached(reply: WeixinReply, user: str) -> None:
    """Raise where errcode 0 hides that our one recipient was not reached.

    WeCom gives userids back in lower case.
    """
    for name in ("invaliduser", "unlicenseduser"):
        lost = str(reply.data.get(name) or "").lower().split("|")
        if user.lower() in lost:
            raise refusal("wecom", RecipientRefused, code=name)


def message(sending: Sending, agentid: int) -> dict[str, object]:
    """Return the request, the same bytes at every attempt.

    WeCom tells duplicates by the whole request: what makes ours unlike the
    next message with the same words is the card's link, or the number that a
    text ends with.
    """
    user = sending.address.value
    if _NOT_ONE_USER.search(user):
        raise refusal("wecom", RecipientRefused, code="not-one-user")
    return {
        "touser": user,
        "agentid": agentid,
        **(_card(sending) if sending.content.link else _text(sending)),
        "safe": 0,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": DUPLICATE_SECONDS,
    }


def _card(sending: Sending) -> dict[str, object]:
    content = sending.content
    link = content.link or ""
    if in_bytes(link) > URL_BYTES:
        raise refusal("wecom", ContentRefused, code="link-too-long")
    title = one_line(plain(content.title)) or one_line(plain(content.body))
    card = {
        "title": clip(title, TITLE_BYTES, in_bytes),
        "description": clip(plain(content.body), DESCRIPTION_BYTES, in_bytes),
        "url": link,
    }
    return {"msgtype": "textcard", "textcard": card}


def _text(sending: Sending) -> dict[str, object]:
    content = sending.content
    number = f"\n[{sending.id.hex[:12]}]"
    words = plain("\n".join(filter(None, (content.title, content.body))))
    room = TEXT_BYTES - in_bytes(number)
    text = {"content": clip(words, room, in_bytes) + number}
    return {"msgtype": "text", "text": text}


def plain(text: str) -> str:
    """Return the text with nothing in it that WeCom would read as a tag."""
    return _TAG.sub("＜", text)
