"""Tells of several held messages in one: who waits, who carries, who follows."""

from datetime import datetime, timedelta

from centre.delivery.contracts import Digest, Prepared, Snapshot
from centre.schedule import digest_queries
from centre.schedule.digest_queries import Place
from core.base import evolve
from core.models import Waiting
from core.words import Reason, Status
from db.session import Session

# A carrier is mostly through at once; one that waits for its receipt, or whose queue
# is paused, is looked after less and less often.
_SOONEST = timedelta(seconds=5)
_LATEST = timedelta(minutes=10)
_OVER = (Status.DELIVERED, Status.FAILED)


class Group:
    """The messages that may be told of together with one, while its row is locked."""

    def __init__(
        self, session: Session, snapshot: Snapshot, digest: str | None
    ) -> None:
        self._session = session
        self._message = snapshot.message
        self._run = snapshot.status.run
        self._digest = digest
        self._key = ""

    async def follow(self, prepared: Prepared, at: datetime) -> Prepared | None:
        """Return what follows from another message telling of ours; None: none does.

        On a resend only what has been told is not sent again.
        """
        self._key = await digest_queries.hold_group(self._session, self._message)
        place = await digest_queries.place(self._session, self._message.id)
        if place is None:
            return None
        if self._run > 1 and place.status is not Status.DELIVERED:
            return None
        return self._following(prepared, place, at)

    def _following(self, prepared: Prepared, place: Place, at: datetime) -> Prepared:
        told = evolve(prepared, digested_into=place.carrier)
        if place.status in _OVER:
            return evolve(told, ended=place.status)
        pause = min(max(at - place.since, _SOONEST), _LATEST)
        waiting = Waiting(reason=Reason.DIGESTED, until=at + pause)
        return evolve(told, waiting=waiting)

    async def wait(self, at: datetime) -> None:
        """Be told of by the first that may go out."""
        if self._digest is None:
            return
        await digest_queries.join(self._session, self._key, self._message.id, at)

    async def carry(self, prepared: Prepared, at: datetime) -> Prepared:
        """Take along those that wait; a resend tells of those it told of before."""
        if self._digest is None:
            return prepared
        if self._run == 1:
            await digest_queries.seal(self._session, self._key, self._message.id, at)
        count = await digest_queries.count(self._session, self._message.id)
        if count == 1:
            return prepared
        digest = Digest(type=self._digest, count=count)
        return evolve(prepared, digest=digest)
