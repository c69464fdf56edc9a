"""Scripted providers, and deliveries through them on a real store."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities
from centre.delivery import attempt_queries
from centre.delivery.contracts import DeliveryResult, DeliveryTask
from centre.delivery.links import Links
from channels.base import Acceptance, Sender, Sending
from channels.router import Route, Router
from core.errors import DeliveryError, OutcomeUnknown
from core.models import Address
from core.words import Channel, IdentityType, Priority
from db.store import Store
from tests.support.workflows.activities import TYPE


class ScriptedSender:
    """A provider that answers by script; no duplicate key, can't be asked."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str] = "scripted"
    dedupe_window: ClassVar[timedelta | None] = None

    def __init__(self, *answers: Acceptance | DeliveryError) -> None:
        self.answers = list(answers)
        self.sent: list[Sending] = []

    async def send(self, sending: Sending) -> Acceptance:
        self.sent.append(sending)
        answer = self.answers.pop(0)
        if isinstance(answer, DeliveryError):
            raise answer
        return answer


class KeyedSender(ScriptedSender):
    """A provider that drops a second call itself."""

    dedupe_window: ClassVar[timedelta | None] = timedelta(minutes=10)


class AskableSender(ScriptedSender):
    """A provider that can be asked."""

    def __init__(self, known: Acceptance | None) -> None:
        super().__init__(OutcomeUnknown("no answer"))
        self.known = known

    async def ask(self, sending: Sending) -> Acceptance | None:
        return self.known


LINKS = Links("https://hospital.example", b"k" * 32)
YES = Acceptance(provider="scripted", provider_message_id="p-7")


def task(**changes: Any) -> DeliveryTask:
    whole: dict[str, Any] = {
        "message_id": uuid4(),
        "type": TYPE,
        "priority": Priority.NORMAL,
        "channel": Channel.SMS,
        "run": 1,
        "template_version": 1,
        "address": Address(type=IdentityType.MOBILE, value="+8613812345678"),
        "params": {"name": "林小满"},
        "link": None,
        "created_at": datetime(2026, 11, 23, 8, tzinfo=UTC),
        "patience": timedelta(seconds=30),
    }
    return DeliveryTask(**(whole | changes))


async def deliver(
    store: Store, sender: Sender, work: DeliveryTask, attempt: int = 1
) -> DeliveryResult:
    return await deliver_through(store, Router([Route(sender)]), work, attempt)


async def deliver_through(
    store: Store, router: Router, work: DeliveryTask, attempt: int = 1
) -> DeliveryResult:
    activities = DeliveryActivities(store, router, LINKS)
    env = ActivityEnvironment()
    env.info = env.info.__class__(**(env.info.__dict__ | {"attempt": attempt}))
    result = await env.run(activities.deliver, work)
    assert isinstance(result, DeliveryResult)
    return result


async def rows(store: Store, work: DeliveryTask) -> list[tuple[str, str | None]]:
    async with store.sessions() as session:
        found = await attempt_queries.attempts_of(session, work.delivery_id)
    return [(attempt.state, attempt.code) for attempt in found]


async def ask_through(
    store: Store, router: Router, work: DeliveryTask
) -> DeliveryResult:
    activities = DeliveryActivities(store, router, LINKS)
    found = await ActivityEnvironment().run(activities.ask, work)
    assert isinstance(found, DeliveryResult)
    return found
