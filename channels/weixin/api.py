"""What WeChat and WeCom share: errcode answers, and calls that need a token."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from channels.kit.codes import CodeTable, refusal
from channels.kit.http import Answer, ProviderHttp
from channels.kit.tokens import Token, Tokens, new_token
from core.errors import (
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
)

_LONGEST_TOKEN = 2048
_LONGEST_LIFE = 86_400
_USUAL_LIFE = 7200
_LONGEST_ID = 128
OK = "0"


@dataclass(frozen=True, repr=False)
class WeixinReply:
    """An answer with its errcode as text ("0": taken)."""

    code: str
    data: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """Return a field as text: msgid may exceed what a float can hold."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        return str(value)[:_LONGEST_ID] or None


def read_reply(line: ProviderHttp, answer: Answer) -> WeixinReply:
    """Return the reply; OutcomeUnknown where a 2xx answer has no errcode."""
    line.check(answer)
    data = line.json_object(answer)
    code = data.get("errcode")
    # Now and then the code comes as a string ("82446").
    if isinstance(code, bool) or not isinstance(code, str | int):
        raise refusal(line.provider, OutcomeUnknown, code="garbage")
    return WeixinReply(str(code), data)


async def with_token(
    tokens: Tokens,
    token_codes: frozenset[str],
    attempt: Callable[[str], Awaitable[WeixinReply]],
    until: float,
) -> WeixinReply:
    """Return the reply; a refused token is renewed, and the call repeated, once."""
    token = await tokens.current(until)
    reply = await attempt(token)
    if reply.code in token_codes:
        reply = await attempt(await tokens.renew(token, until))
    return reply


async def fetch_token(
    line: ProviderHttp, table: CodeTable, request: Callable[[], Awaitable[Answer]]
) -> Token:
    """Return a new token.

    No message is under way yet, so a lost answer is only ProviderDown; and what
    the provider refuses here is the account, never a recipient or a content.
    """
    try:
        return _read_token(line, table, await request())
    except OutcomeUnknown as error:
        raise refusal(line.provider, ProviderDown, code=error.code) from None
    except (ProviderDown, RateLimited) as error:
        error.answered = False
        raise
    except DeliveryError as error:
        raise refusal(line.provider, Misconfigured, code=error.code) from None


def _read_token(line: ProviderHttp, table: CodeTable, answer: Answer) -> Token:
    line.check(answer)
    data = line.json_object(answer)
    code = str(data.get("errcode", OK))
    if code != OK:
        raise table.error(code, line.clock())
    value, life = data.get("access_token"), data.get("expires_in", _USUAL_LIFE)
    if not _is_token(value) or type(life) is not int or life < 1:
        raise refusal(line.provider, ProviderDown, code="garbage")
    return new_token(str(value), min(life, _LONGEST_LIFE), line.clock())


def _is_token(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST_TOKEN
        and value.isascii()
        and value.isprintable()
    )
