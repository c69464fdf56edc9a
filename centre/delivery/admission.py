"""Whether a delivery may go out now: switched on, in which words, within its limits."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from centre.catalog import template_queries, type_queries
from centre.catalog.digest_texts import FILLED, values
from centre.catalog.placeholders import template_placeholders
from centre.delivery.contracts import DeliveryTask, Digest
from centre.rate_limits import counter_queries
from channels.base import Sending
from channels.kit.times import LONGEST, SHORTEST
from core.crypto import Keyring
from core.errors import RateLimited, Undeliverable
from core.policies import Template
from core.rate_limits import Limit, Of, read_name, slot_at
from core.words import Channel, Priority, Reason
from db.session import Session
from db.sql import keyring_of

# Of a large limit a process takes a share at once: a 200th is never missed, and
# the store is asked that much more seldom.
_SHARE = 200

log = structlog.get_logger("limits")


@dataclass(frozen=True)
class Rules:
    """What a channel says now, filled with what, and the limits it has."""

    said: Template
    limits: Mapping[str, int]
    params: dict[str, str]
    link: str | None


async def rules_of(session: Session, task: DeliveryTask) -> Rules:
    """Return what holds for the delivery, unless something was switched off since."""
    if task.digest is not None:
        return await _digest(session, task, task.digest)
    version = await _version(session, task)
    said, limits = await _said(session, task.type, task.channel, version)
    return Rules(said, limits, task.params, task.link)


async def _digest(session: Session, task: DeliveryTask, digest: Digest) -> Rules:
    """Return what is said of several messages; a client's link shows but one."""
    message_type = await type_queries.find_message_type(session, task.type)
    other = await type_queries.find_message_type(session, digest.type)
    if message_type is None or not message_type.enabled or other is None:
        raise Undeliverable(Reason.TYPE_DISABLED)
    newest = other.templates.get(task.channel)
    if newest is None or set(template_placeholders(newest)) - FILLED:
        raise Undeliverable(Reason.NO_TEMPLATE)
    said, limits = await _said(session, other.code, task.channel, newest.version)
    return Rules(said, limits, values(message_type, digest.count), None)


async def _said(
    session: Session, kind: str, channel: Channel, version: int
) -> tuple[Template, Mapping[str, int]]:
    rules = await template_queries.delivery_rules(session, kind, channel, version)
    if rules is None or not rules.type_enabled:
        raise Undeliverable(Reason.TYPE_DISABLED)
    if not rules.channel_enabled:
        raise Undeliverable(Reason.CHANNEL_DISABLED)
    if rules.template is None:
        raise Undeliverable(Reason.NO_TEMPLATE)
    if not rules.template.enabled:
        raise Undeliverable(Reason.TEMPLATE_DISABLED)
    return rules.template, rules.limits


async def _version(session: Session, task: DeliveryTask) -> int:
    """Return the version pinned at acceptance; for a resend, the newest that fits.

    Mending a template is what many a resend is for. One that asks for values
    which the message lacks does not fit.
    """
    if task.run == 1:
        return task.template_version
    message_type = await type_queries.find_message_type(session, task.type)
    newest = message_type.templates.get(task.channel) if message_type else None
    if newest is None or not set(template_placeholders(newest)) <= task.params.keys():
        return task.template_version
    return newest.version


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
