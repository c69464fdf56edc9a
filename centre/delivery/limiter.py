"""The limits of a channel, held before its provider is called."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from centre.rate_limits import counter_queries
from channels.base import Sending
from channels.kit.times import LONGEST, SHORTEST
from core.crypto import Keyring
from core.errors import RateLimited
from core.rate_limits import Limit, Of, read_name, slot_at
from core.words import Priority
from db.session import Session
from db.sql import keyring_of

# Of a large limit a process takes a share at once: a 200th is never missed, and
# the store is asked that much more seldom.
_SHARE = 200

log = structlog.get_logger("limits")


@dataclass
class _Share:
    """What this process has taken of a limit and not used; good for one slot."""

    slot: int
    left: int


@dataclass(frozen=True)
class Limiter:
    """Counts each call to a provider with all other processes."""

    _shares: dict[str, _Share] = field(default_factory=dict)

    async def admit(
        self,
        session: Session,
        sending: Sending,
        limits: Mapping[str, int],
        *,
        counted: bool = False,
    ) -> None:
        """Take from every limit of the channel, or raise RateLimited.

        A critical message is never held: what it exceeds is logged and counted.
        `counted`: an earlier call of the same delivery was, and never left; then
        only the limits of an account count this one.
        """
        wanted = _limits(keyring_of(session), sending, limits)
        if counted:
            wanted = {n: one for n, one in wanted.items() if _of_account(n)}
        if sending.priority is Priority.CRITICAL:
            await _take_critical(session, sending, wanted)
            return
        asked = [limit for limit in wanted.values() if not self._has(limit)]
        wait = await counter_queries.take(session, asked)
        if wait is not None:
            raise RateLimited("our own limit", retry_after=spread(wait))
        for limit in wanted.values():
            self._use(limit, taken=limit in asked)

    def _has(self, limit: Limit) -> bool:
        """Tell whether a share of this limit is left."""
        share = self._shares.get(limit.key)
        return bool(share and share.left > 0 and share.slot == _slot(limit))

    def _use(self, limit: Limit, *, taken: bool) -> None:
        """Use one of a share, the new one where it was just taken."""
        if limit.at_once == 1:
            return
        if taken:
            self._shares[limit.key] = _Share(_slot(limit), limit.at_once)
        self._shares[limit.key].left -= 1


def _slot(limit: Limit) -> int:
    return slot_at(limit, time.time())


def _limits(
    keyring: Keyring, sending: Sending, named: Mapping[str, int]
) -> dict[str, Limit]:
    """Return the limits that hold for a sending, by name; unknown names hold none."""
    found = {}
    for name, most in named.items():
        meant = read_name(name)
        if meant is None:
            continue
        key = f"{sending.channel}:{name}"
        if meant.of == "account":
            found[name] = Limit(key, most, meant.seconds, max(1, most // _SHARE))
        else:
            whom = _whom(keyring, sending, meant.of)
            found[name] = Limit(f"{key}:{whom}", most, meant.seconds)
    return found


def _of_account(name: str) -> bool:
    meant = read_name(name)
    return meant is not None and meant.of == "account"


def _whom(keyring: Keyring, sending: Sending, of: Of) -> str:
    """Return an index of the recipient, and of what is said: never the words."""
    content = sending.content
    parts = [sending.address.type.value, sending.address.value]
    if of == "recipient and template":
        parts.append(content.provider_template or content.title)
    if of == "recipient and content":
        parts += [content.title, content.body]
    return keyring.index("limit", "\0".join(parts))


async def _take_critical(
    session: Session, sending: Sending, limits: Mapping[str, Limit]
) -> None:
    for name, limit in limits.items():
        one = limit._replace(at_once=1)
        if await counter_queries.take(session, [one]) is not None:
            log.warning(
                "limit.passed_by_critical",
                channel=sending.channel,
                limit=name,
                message=str(sending.message_id),
            )
            await counter_queries.alarm(session, sending.channel, name)


def spread(wait: timedelta) -> timedelta:
    """Return when to come back; not all at one moment, as there is room for few."""
    late = random.uniform(0, max(1.0, wait.total_seconds() / 4))
    return min(max(wait, SHORTEST) + timedelta(seconds=late), LONGEST)
