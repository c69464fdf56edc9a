"""Scripted activities that keep quiet hours, by a clock set to any date."""

from datetime import datetime
from zoneinfo import ZoneInfo

from temporalio import activity

from centre.delivery.contracts import DeliveryResult, DeliveryTask, Prepared, Snapshot
from centre.schedule.rules import SendingRules, Window, next_allowed
from core.models import Waiting
from core.words import Channel, Outcome, Reason
from tests.support.workflows.fakes import FakeActivities

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = SendingRules(quiet=(Window(start="22:00", end="08:00"),))


class NightlyActivities(FakeActivities):
    """Holds messages by rules, as if it were `begins` at the server's `now`.

    `late` channels are held only when they are to be sent.
    """

    def __init__(
        self, now: datetime, begins: str, rules: SendingRules = NIGHT, *late: Channel
    ) -> None:
        super().__init__()
        begin = datetime.fromisoformat(begins).replace(tzinfo=SHANGHAI)
        self._shift = begin - now
        self.rules = rules
        self._late = late

    def opens(self, at: datetime) -> datetime:
        """Return from when on a message may go out, by the server's clock."""
        found = next_allowed(at + self._shift, [self.rules], {}, SHANGHAI)
        assert found is not None
        return found - self._shift

    def local(self, at: datetime) -> str:
        """Return a moment of the server as the wall shows it."""
        return (at + self._shift).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")

    @activity.defn
    async def prepare(self, snapshot: Snapshot) -> Prepared:
        assert snapshot.at is not None
        prepared: Prepared = await super().prepare(snapshot)
        until = self.opens(snapshot.at)
        if self._late or until == snapshot.at:
            return prepared
        waiting = Waiting(reason=Reason.QUIET_HOURS, until=until)
        return prepared.model_copy(update={"waiting": waiting})

    @activity.defn
    async def deliver(self, task: DeliveryTask) -> DeliveryResult:
        assert task.at is not None
        until = self.opens(task.at)
        if task.channel in self._late and until > task.at:
            return DeliveryResult(
                outcome=Outcome.PENDING, reason=Reason.QUIET_HOURS, not_before=until
            )
        return await super().deliver(task)
