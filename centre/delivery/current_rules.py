"""What holds for a delivery now: the words its channel says, and its limits."""

from collections.abc import Mapping
from dataclasses import dataclass

from centre.catalog import template_queries, type_queries
from centre.catalog.digest_texts import FILLED, values
from centre.catalog.placeholders import template_placeholders
from centre.delivery.contracts import DeliveryTask, Digest
from core.errors import Undeliverable
from core.policies import Template
from core.words import Channel, Reason
from db.session import Session


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
    kind = await type_queries.find_message_type(session, task.type)
    other = await type_queries.find_message_type(session, digest.type)
    if kind is None or not kind.enabled or other is None:
        raise Undeliverable(Reason.TYPE_DISABLED)
    newest = other.templates.get(task.channel)
    if newest is None or set(template_placeholders(newest)) - FILLED:
        raise Undeliverable(Reason.NO_TEMPLATE)
    said, limits = await _said(session, other.code, task.channel, newest.version)
    return Rules(said, limits, values(kind, digest.count), None)


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
    kind = await type_queries.find_message_type(session, task.type)
    newest = kind.templates.get(task.channel) if kind else None
    if newest is None or not set(template_placeholders(newest)) <= task.params.keys():
        return task.template_version
    return newest.version
