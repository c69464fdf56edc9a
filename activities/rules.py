"""What holds for a delivery now: the words its channel says, and its limits."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.models import DeliveryTask
from core.acceptance import template_placeholders
from core.errors import Undeliverable
from core.models import Template
from core.words import Reason
from store import catalog


@dataclass(frozen=True)
class Rules:
    """What a channel says now, and the limits it has."""

    said: Template
    limits: Mapping[str, int]


async def rules_of(session: AsyncSession, task: DeliveryTask) -> Rules:
    """Return what holds for the delivery, unless something was switched off since."""
    version = await _version(session, task)
    rules = await catalog.delivery_rules(session, task.type, task.channel, version)
    if rules is None or not rules.type_enabled:
        raise Undeliverable(Reason.TYPE_DISABLED)
    if not rules.channel_enabled:
        raise Undeliverable(Reason.CHANNEL_DISABLED)
    if rules.template is None:
        raise Undeliverable(Reason.NO_TEMPLATE)
    if not rules.template.enabled:
        raise Undeliverable(Reason.TEMPLATE_DISABLED)
    return Rules(rules.template, rules.limits)


async def _version(session: AsyncSession, task: DeliveryTask) -> int:
    """Return the version pinned at acceptance; for a resend, the newest that fits.

    Mending a template is what many a resend is for. One that asks for values
    which the message lacks does not fit.
    """
    if task.run == 1:
        return task.template_version
    kind = await catalog.message_type(session, task.type)
    newest = kind.templates.get(task.channel) if kind else None
    if newest is None or not set(template_placeholders(newest)) <= task.params.keys():
        return task.template_version
    return newest.version
