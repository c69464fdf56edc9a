"""One HTTP call to a provider: bounded in time and size, told apart by outcome.

What is known not to have left is ProviderDown; once the bytes may have left,
no answer, half an answer or one that can't be read is OutcomeUnknown.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from channels.kit.codes import CodeTable, clean_code, refusal
from channels.kit.lines import ConnectionPool
from channels.kit.times import DEFAULT, Clock, Pause, retry_after
from core.clock import utc_now
from core.errors import (
    ContentRefused,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
)

CONNECT_SECONDS = 3.0
CALL_SECONDS = 8.0
SLOT_SECONDS = 4.0
# With less time than this left a call is not begun: its end would not be seen.
LEAST_SECONDS = 1.0
_IDLE_SECONDS = 3.0
_UNAVAILABLE = 503
MOST_BYTES = 64 * 1024
# A slot, all the calls of one send, and SMTP's QUIT.
LONGEST_SEND = timedelta(seconds=SLOT_SECONDS + CALL_SECONDS + 1)

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NEVER_VALID = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)

# For statuses without a readable code. 502 and 504 come from a gateway that
# had passed the request on (RFC 9110 sections 15.6.3 and 15.6.5), so what is
# behind it may have taken it. A 3xx or another 4xx means a wrong address or
# right: somebody must act.
HTTP_STATUSES = CodeTable(
    provider="",
    classes={
        "408": ProviderDown,
        "413": ContentRefused,
        "414": ContentRefused,
        "429": RateLimited,
        "502": OutcomeUnknown,
        "504": OutcomeUnknown,
    },
    prefixes={"5": ProviderDown},
    unknown=Misconfigured,
)


@dataclass(frozen=True, repr=False)
class Answer:
    """A provider's whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


def open_http() -> httpx.AsyncClient:
    """Return the client that all providers share.

    Connections are not limited here but per provider (`Slots`), so that one
    that hangs can't take those of the others. Idle ones are dropped before
    servers usually drop them (uvicorn: 5 s): a request into a connection
    that is just closing would have an unknown outcome.
    """
    # httpx logs each address, and ours hold phone numbers and tokens.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    tls = httpx.create_ssl_context(trust_env=False)
    one = httpx.Limits(max_connections=1, keepalive_expiry=_IDLE_SECONDS)

    def line() -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=one)

    return httpx.AsyncClient(
        transport=ConnectionPool(line, _IDLE_SECONDS),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS),
    )


def deadline(seconds: float = CALL_SECONDS) -> float:
    """Return the loop's time at which a send must have ended."""
    return asyncio.get_running_loop().time() + seconds


@dataclass(frozen=True)
class ProviderHttp:
    """The way to one provider: who, through which client, by which clock."""

    provider: str
    http: httpx.AsyncClient
    clock: Clock = field(default=utc_now)

    async def call(
        self,
        method: str,
        url: str,
        *,
        until: float,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Answer:
        """Return the answer; ProviderDown, OutcomeUnknown or Misconfigured else."""
        if until - deadline(0) < LEAST_SECONDS:
            raise refusal(self.provider, ProviderDown, code="no-time")
        try:
            # httpx bounds each read, not the whole: a server may drip.
            async with asyncio.timeout_at(until):
                request = self.http.build_request(
                    method,
                    url,
                    params=params,
                    headers={**(headers or {}), "Accept-Encoding": "identity"},
                    content=content,
                    timeout=httpx.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS),
                )
                return await self._exchange(request)
        except _NEVER_LEFT as error:
            raise refusal(self.provider, ProviderDown, code=_name(error)) from None
        except _NEVER_VALID as error:
            raise refusal(self.provider, Misconfigured, code=_name(error)) from None
        except (httpx.HTTPError, OSError) as error:
            raise refusal(self.provider, OutcomeUnknown, code=_name(error)) from None

    async def _exchange(self, request: httpx.Request) -> Answer:
        response = await self.http.send(request, stream=True, follow_redirects=False)
        try:
            # Not asked for, and a few bytes could unpack to a gigabyte.
            if response.headers.get("content-encoding", "identity") != "identity":
                raise refusal(self.provider, OutcomeUnknown, code="compressed")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise refusal(self.provider, OutcomeUnknown, code="too-long")
            return Answer(response.status_code, response.headers, bytes(body))
        finally:
            await response.aclose()

    def json_object(self, answer: Answer) -> dict[str, Any]:
        """Return the object a 2xx answer holds; OutcomeUnknown if it holds none."""
        found = read_object(answer)
        if found is None:
            raise refusal(self.provider, OutcomeUnknown, code="garbage")
        return found

    def check(
        self, answer: Answer, table: CodeTable = HTTP_STATUSES, code: str = ""
    ) -> None:
        """Raise what a status other than 2xx means, by a table of statuses.

        The error carries the provider's code, or else the status.
        """
        if answer.ok:
            return
        kind = table.class_of(str(answer.status))
        code = clean_code(code or f"HTTP-{answer.status}")
        pause = self._pause(answer)
        now = self.clock()
        error = refusal(self.provider, kind, code=code, pause=pause, now=now)
        # 503 is said before anybody looks at a request (RFC 9110 section 15.6.4).
        error.answered = answer.status != _UNAVAILABLE or code != f"HTTP-{_UNAVAILABLE}"
        raise error

    def _pause(self, answer: Answer) -> Pause | None:
        """Return the pause the answer asks for; 429 always has one."""
        header = answer.headers.get("retry-after")
        if header is None:
            return (lambda now: DEFAULT) if answer.status == 429 else None
        return lambda now: retry_after(header, now)


def read_object(answer: Answer) -> dict[str, Any] | None:
    """Return the JSON object of an answer, None where it is anything else."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def to_json(value: object) -> bytes:
    r"""Return JSON in UTF-8: WeChat refuses \u escapes (47002)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _name(error: Exception) -> str:
    """Return what happened by its class: its text may hold the address."""
    return type(error).__name__


class Slots:
    """How many calls to one provider may be under way in this process."""

    def __init__(
        self, provider: str, size: int, patience: float = SLOT_SECONDS
    ) -> None:
        self._provider = provider
        self.size = size
        self._patience = patience
        self._free = asyncio.Semaphore(size)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold one slot; RateLimited where none comes free in time."""
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise RateLimited(
                f"too many calls to {self._provider} are under way",
                retry_after=timedelta(seconds=2),
            ) from None
        try:
            yield
        finally:
            self._free.release()
