"""Scripted activities, for workflows that run without store or providers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from temporalio import activity

from centre.catalog.plan import plan
from centre.delivery.contracts import (
    DeliveryResult,
    DeliveryTask,
    Notice,
    Prepared,
    Record,
    Snapshot,
)
from core.errors import MessageCentreError, NotTaken
from core.identities import ADDRESSES
from core.models import Address, Message, Recipient
from core.policies import Confirm, Policy, Unknown, WeightedChannel
from core.words import (
    Channel,
    IdentityType,
    Outcome,
    Priority,
    Reason,
    Status,
    Strategy,
)

TAKEN = DeliveryResult(
    outcome=Outcome.ACCEPTED, attempts=1, provider="fake", provider_message_id="p-1"
)
UNKNOWN = DeliveryResult(
    outcome=Outcome.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN, attempts=1, provider="fake"
)
ASKABLE = UNKNOWN.model_copy(update={"askable": True})

Step = DeliveryResult | MessageCentreError

BOOKING = Policy(
    strategy=Strategy.THRESHOLD,
    threshold=0.5,
    channels=(
        WeightedChannel(channel=Channel.WECHAT, weight=0.8),
        WeightedChannel(channel=Channel.SMS, weight=0.4),
        WeightedChannel(channel=Channel.WECOM, weight=0.2),
    ),
)
CRITICAL = BOOKING.model_copy(update={"strategy": Strategy.BROADCAST})


def message(
    policy: Policy = BOOKING,
    priority: Priority = Priority.NORMAL,
    send_in: timedelta | None = None,
    expires_in: timedelta | None = None,
    now: datetime | None = None,
    confirm: dict[Channel, Confirm] | None = None,
    unknown: dict[Channel, Unknown] | None = None,
    notify: bool = False,
    retry: timedelta = timedelta(),
) -> Message:
    """Return an accepted message that every channel has an address for."""
    created = now or datetime.now(UTC)
    return Message(
        id=uuid4(),
        client="his",
        type="registration-success",
        priority=priority,
        recipient=Recipient(
            identities={
                IdentityType.MOBILE: "+8613812345678",
                IdentityType.WECHAT_OPENID: "o" * 28,
                IdentityType.WECOM_USERID: "zhang",
            }
        ),
        plan=plan(policy),
        confirm=confirm or {},
        unknown=unknown or {},
        templates=dict.fromkeys(Channel, 1),
        created_at=created,
        send_at=created + send_in if send_in else None,
        expires_at=created + expires_in if expires_in else None,
        notify_client=notify,
        retry_seconds=int(retry.total_seconds()),
        resend_when_back=bool(retry),
    )


class FakeActivities:
    """Answers by script, one step per call and channel; `TAKEN` past its end."""

    def __init__(self) -> None:
        self.script: dict[Channel, list[Step]] = defaultdict(list)
        self.asked: dict[Channel, list[Step]] = defaultdict(list)
        self.withheld: dict[Channel, Reason] = {}
        self.calls: list[DeliveryTask] = []
        self.questions: list[DeliveryTask] = []
        self.records: list[Record] = []
        self.lost = False
        self.notices: list[Notice] = []
        self.promised = 0

    @property
    def all(self) -> Sequence[object]:
        """What a Worker takes."""
        return [self.deliver, self.ask, self.record, self.prepare, self.notify]

    @property
    def channels(self) -> list[Channel]:
        """The channels called, in order."""
        return [task.channel for task in self.calls]

    @activity.defn
    async def deliver(self, task: DeliveryTask) -> DeliveryResult:
        self.calls.append(task)
        return _next(self.script[task.channel], TAKEN)

    @activity.defn
    async def ask(self, task: DeliveryTask) -> DeliveryResult:
        self.questions.append(task)
        return _next(self.asked[task.channel], NotTaken("no such delivery"))

    @activity.defn
    async def record(self, news: Record) -> bool | None:
        if self.lost and news.message is None:
            return False
        self.records.append(news)
        return True

    @activity.defn
    async def prepare(self, snapshot: Snapshot) -> Prepared:
        self.records.append(Record(status=snapshot.status, message=snapshot.message))
        identities = snapshot.message.recipient.identities
        addresses = {
            channel: Address(type=kind, value=identities[kind])
            for channel in snapshot.message.plan.channels
            for kind in ADDRESSES[channel]
            if kind in identities and channel not in self.withheld
        }
        return Prepared(addresses=addresses, withheld=self.withheld)

    @activity.defn
    async def notify(self, notice: Notice) -> None:
        self.notices.append(notice)

    def statuses(self, message_id: UUID) -> list[Status]:
        """The statuses recorded for a message, in order."""
        return [s.status.status for s in self.records if s.status.id == message_id]


def _next(script: list[Step], otherwise: Step) -> DeliveryResult:
    step = script.pop(0) if script else otherwise
    if isinstance(step, MessageCentreError):
        raise step
    return step
