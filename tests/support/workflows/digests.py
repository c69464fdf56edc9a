"""Scripted activities that tell a message that another one tells of it."""

from datetime import timedelta
from uuid import UUID

from temporalio import activity

from centre.delivery.contracts import Digest, Prepared, Snapshot
from core.models import Waiting
from core.words import Reason, Status
from tests.support.workflows.fakes import FakeActivities

CARRIER = UUID(int=7)


class DigestActivities(FakeActivities):
    """Answers `prepare` by steps: a status ends it, a time waits for a carrier.

    None hands it back, a number makes it the carrier of so many. The last stays.
    """

    def __init__(self, *steps: Status | timedelta | int | None) -> None:
        super().__init__()
        self._steps = list(steps)

    @activity.defn
    async def prepare(self, snapshot: Snapshot) -> Prepared:
        prepared: Prepared = await super().prepare(snapshot)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        news: dict[str, object] = {}
        if isinstance(step, Status):
            news = {"digested_into": CARRIER, "ended": step}
        elif isinstance(step, timedelta):
            assert snapshot.at is not None
            until = snapshot.at + step
            waiting = Waiting(reason=Reason.DIGESTED, until=until)
            news = {"digested_into": CARRIER, "waiting": waiting}
        elif step is not None:
            news = {"digest": Digest(type="held", count=step)}
        return prepared.model_copy(update=news)
