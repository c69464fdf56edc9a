"""Scripted providers for the channels' tests: answers in turn, or raw bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from channels.aliyun.sms import AliyunAccount
from channels.base import Content, Sending
from channels.hospital.workstation import WorkstationAccount
from channels.provider import SandboxPorts
from channels.weixin.service_account import WechatAccount
from channels.weixin.wecom import WecomAccount
from core.errors import DeliveryError
from core.models import Address
from core.words import Channel, IdentityType, Priority

# Half past eight in the morning of 23 November 2026 in China.
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
SENDING_ID = UUID("0193597a-6f00-7000-8000-00000000abcd")
LINK = "https://centre.hospital.example/m/x7Yq"
# What no error, log or exception chain may ever hold.
PRIVATE = (
    "13800138000",
    "oPenId-of-Zhang",
    "ZhangSan",
    "2088123412341234",
    "zhang@mail.example",
    "张三",
)

ADDRESSES = {
    Channel.SMS: Address(type=IdentityType.MOBILE, value="+8613800138000"),
    Channel.VOICE: Address(type=IdentityType.MOBILE, value="+8613800138000"),
    Channel.WECHAT: Address(type=IdentityType.WECHAT_OPENID, value="oPenId-of-Zhang"),
    Channel.WECHAT_MINI: Address(
        type=IdentityType.WECHAT_MINI_OPENID, value="oPenId-of-Zhang"
    ),
    Channel.WECHAT_MEDICAL: Address(
        type=IdentityType.WECHAT_OPENID, value="oPenId-of-Zhang"
    ),
    Channel.WECOM: Address(type=IdentityType.WECOM_USERID, value="ZhangSan"),
    Channel.ALIPAY: Address(type=IdentityType.ALIPAY_USER_ID, value="2088123412341234"),
    Channel.EMAIL: Address(type=IdentityType.EMAIL, value="zhang@mail.example"),
    Channel.WORKSTATION: Address(type=IdentityType.WORKSTATION_ID, value="WS-07"),
    Channel.INBOX: Address(type=IdentityType.EMPI_ID, value="E0001"),
}
CONTENT = Content(
    title="预约成功",
    body="张三，您已预约11月24日心内科。",
    provider_template="SMS_123456789",
    params={"name": "张三", "department": "心内科"},
    link=LINK,
)
PORTS = SandboxPorts("http://provider.example", 2525)
ALIYUN = AliyunAccount.sandbox(PORTS)
WECHAT = WechatAccount.sandbox(PORTS)
WECOM = WecomAccount.sandbox(PORTS)
WORKSTATION = WorkstationAccount.sandbox(PORTS)
# A notice of the medical assistant has a status for its template.
CONTENTS = {
    Channel.WECHAT_MEDICAL: CONTENT.model_copy(update={"provider_template": "1501001"})
}
Row = tuple[str, type[DeliveryError], float | None]
Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        """Go forward."""
        self.now += timedelta(**units)


def sending(
    channel: Channel, content: Content | None = None, **changes: Any
) -> Sending:
    """Return a delivery for this channel."""
    given = {
        "id": SENDING_ID,
        "message_id": UUID(int=7),
        "channel": channel,
        "priority": Priority.NORMAL,
        "address": ADDRESSES[channel],
        "content": content or CONTENTS.get(channel, CONTENT),
    }
    return Sending.model_validate(given | changes)


async def no_deposit(sending: Sending) -> None:
    """Stand in for the inbox where nothing goes there."""
    raise AssertionError("nothing is deposited here")


class Provider:
    """A provider that gives its answers in turn, and keeps what it was asked."""

    def __init__(self, answers: Iterable[httpx.Response | Exception]) -> None:
        self._answers = iter(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client whose every call goes to the handler."""

    async def handle(request: httpx.Request) -> httpx.Response:
        answer = handler(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
        yield http


def reply(data: Mapping[str, Any], status: int = 200) -> httpx.Response:
    """Return a JSON answer."""
    return httpx.Response(status, json=data)


def each(
    codes: str, error: type[DeliveryError], wait: float | None = None
) -> list[Row]:
    """Return a row of a test's table for each code: its class, seconds to wait."""
    return [(code, error, wait) for code in codes.split()]


HTML = "<html><body>login first</body></html>"
# Answers that are none, with status 200.
GARBAGE = (
    httpx.Response(200, text=HTML),
    httpx.Response(200, content=b""),
    httpx.Response(200, content=b"[" * 60_000),
    httpx.Response(200, content='{"errmsg":"成"}'.encode("gbk")),
    httpx.Response(200, content=b"[1, 2]"),
    httpx.Response(200, content=b"null"),
    httpx.Response(200, content=b'{"errcode": null, "Code": 7}'),
    httpx.Response(200, content=b'{"Code": "'),
)


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Yield the port of a server that does this with each connection."""
    writers: list[asyncio.StreamWriter] = []

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writers.append(writer)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()


def chain(error: BaseException | None) -> str:
    """Return all that a log would show of an exception."""
    texts = []
    while error is not None:
        texts.append(f"{error!r} {error}")
        cause = error.__cause__
        hidden = error.__suppress_context__
        error = cause or (None if hidden else error.__context__)
    return "\n".join(texts)


def assert_private(error: BaseException) -> None:
    """Fail if the exception tells anything about the person."""
    shown = chain(error)
    assert not [word for word in PRIVATE if word in shown]


async def refusal_of(sent: Awaitable[object]) -> DeliveryError:
    """Return the error that a send ends with; it tells nothing about the person."""
    try:
        await sent
    except DeliveryError as error:
        assert_private(error)
        return error
    raise AssertionError("it was sent")
