"""An app of WeChat's (service account, mini program): its token and its calls.

POST to api.weixin.qq.com with a token from /cgi-bin/stable_token (page
"getStableAccessToken"); error codes: the global return codes of the same site,
and WxJava's tables.
"""

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Generic, Literal, TypeVar

import httpx
from pydantic import Field, SecretStr

from channels.kit.address_codes import says
from channels.kit.codes import CodeTable, classes
from channels.kit.http import Answer, ProviderHttp, Slots, deadline, to_json
from channels.kit.times import Clock, after, until_midnight
from channels.kit.tokens import (
    WAIT_SECONDS,
    MemoryTokenStore,
    Token,
    Tokens,
    TokenStore,
)
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
from core.words import Channel, State

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
# Of these, what speaks of the person.
SAYS = says(
    {
        State.UNFOLLOWED: "43004 50005",
        State.BLOCKED: "43019 48002",
        State.NEED_SUBSCRIBE: "43101",
        State.INVALID: "40003 46004",
    }
)
_SLOTS = 50
A = TypeVar("A", bound="WeixinAppAccount")


def codes_of(provider: str, more: CodeTable | None = None) -> CodeTable:
    """Return WeChat's codes under a provider's name, with some of its own."""
    own = more.classes if more else {}
    return replace(CODES, provider=provider, classes={**CODES.classes, **own})


class WeixinAppAccount(Model):
    """An app of WeChat's; `callbacks` is how WeChat reports to us."""

    base_url: str = "https://api.weixin.qq.com"
    appid: str = Field(pattern=r"^[\x21-\x7e]+$")
    secret: SecretStr
    default_template: str | None = None
    callbacks: Literal["plain", "safe"] = "plain"


class WeixinApp:
    """One app's way to WeChat: `call` raises what an errcode means."""

    def __init__(
        self,
        codes: CodeTable,
        account: WeixinAppAccount,
        http: httpx.AsyncClient,
        store: TokenStore | None = None,
        clock: Clock = utc_now,
    ) -> None:
        provider = codes.provider
        self._codes = codes
        self._account = account
        self._url = account.base_url.rstrip("/")
        self._line = ProviderHttp(provider, http, clock)
        self._slots = Slots(provider, _SLOTS)
        tokens = store or MemoryTokenStore()
        self._tokens = Tokens(provider, account.appid, self._fetch, tokens, clock)

    async def call(self, path: str, message: object) -> WeixinReply:
        """Return WeChat's yes to a message; a DeliveryError else."""
        body = to_json(message)
        async with self._slots.one():
            until = deadline()

            async def attempt(token: str) -> WeixinReply:
                answer = await self._post(path, token, body, until)
                return read_reply(self._line, answer)

            reply = await with_token(self._tokens, TOKEN_CODES, attempt, until)
        if reply.code != OK:
            raise self._codes.error(reply.code, self._line.clock())
        return reply

    async def _post(self, path: str, token: str, body: bytes, until: float) -> Answer:
        return await self._line.call(
            "POST",
            self._url + path,
            until=until,
            params={"access_token": token},
            headers={"Content-Type": "application/json"},
            content=body,
        )

    async def _fetch(self, *, force: bool) -> Token:
        body = to_json(
            {
                "grant_type": "client_credential",
                "appid": self._account.appid,
                "secret": self._account.secret.get_secret_value(),
                "force_refresh": force,
            }
        )
        return await fetch_token(self._line, self._codes, lambda: self._ask_token(body))

    async def _ask_token(self, body: bytes) -> Answer:
        return await self._line.call(
            "POST",
            f"{self._url}/cgi-bin/stable_token",
            until=deadline(WAIT_SECONDS),
            headers={"Content-Type": "application/json"},
            content=body,
        )


class WeixinSender(Generic[A]):
    """Sends through an app of WeChat's; `codes` says what an errcode means."""

    channel: ClassVar[Channel]
    provider: ClassVar[str]
    dedupe_window: ClassVar[timedelta | None]
    codes: ClassVar[CodeTable]

    def __init__(
        self,
        account: A,
        http: httpx.AsyncClient,
        store: TokenStore | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._account = account
        self._app = WeixinApp(self.codes, account, http, store, clock)
