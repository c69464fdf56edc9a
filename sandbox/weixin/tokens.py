"""Access tokens as WeChat and WeCom issue them."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

# A token this near its end is replaced; both work until the old one ends.
HANDOVER = timedelta(minutes=5)
# WeChat: "每天限用 20 次且需间隔 30 秒，否则不会刷新" (stable token page).
FORCED_PER_DAY = 20
FORCED_APART = timedelta(seconds=30)
_REMEMBERED = 1000


class TokenState(Enum):
    """Whether a token opens the door."""

    VALID = "valid"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


class ForcedTooOften(Exception):
    """The day's forced refreshes are used up."""


@dataclass(slots=True)
class Token:
    """One issued token; `retired` has a successor on the next fetch."""

    value: str
    expires_at: datetime
    revoked: bool = False
    retired: bool = False


class Tokens:
    """The tokens of one account."""

    def __init__(self, life: timedelta, clock: Callable[[], datetime]) -> None:
        self._life = life
        self._clock = clock
        self._issued: dict[str, Token] = {}
        self._current: Token | None = None
        self._forced: deque[datetime] = deque(maxlen=FORCED_PER_DAY)

    def fetch(self) -> Token:
        """Return the current token, a new one only near its end or once retired."""
        current = self._current
        handover = min(HANDOVER, self._life / 2)
        if (
            current is None
            or current.retired
            or current.expires_at - self._clock() <= handover
        ):
            return self._issue()
        return current

    def replace(self) -> Token:
        """Return a new token and revoke the current one."""
        if self._current is not None:
            self._current.revoked = True
        return self._issue()

    def force(self) -> Token:
        """Replace the token, unless that was asked for too soon or too often."""
        current, now = self._current, self._clock()
        if current is None or current.retired:
            return self.fetch()
        if self._forced and now - self._forced[-1] < FORCED_APART:
            return self.fetch()
        if len(self._forced) == FORCED_PER_DAY and (
            now - self._forced[0] < timedelta(days=1)
        ):
            raise ForcedTooOften
        self._forced.append(now)
        return self.replace()

    def standing(self, value: str) -> TokenState:
        """Tell what a token presented with a call is worth."""
        token = self._issued.get(value)
        if token is None or token.revoked:
            return TokenState.UNKNOWN
        if token.expires_at <= self._clock():
            return TokenState.EXPIRED
        return TokenState.VALID

    def retire(self, value: str) -> None:
        """Let the next fetch give a new token, if this is still the current one."""
        if self._current is not None and self._current.value == value:
            self._current.retired = True

    def seconds_left(self, token: Token) -> int:
        """Return `expires_in` of an answer."""
        return max(0, round((token.expires_at - self._clock()).total_seconds()))

    def _issue(self) -> Token:
        token = Token(secrets.token_urlsafe(96), self._clock() + self._life)
        while len(self._issued) >= _REMEMBERED:
            del self._issued[next(iter(self._issued))]
        self._issued[token.value] = self._current = token
        return token
