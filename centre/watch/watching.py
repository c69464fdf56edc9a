"""The watch over queues and sign-ins: readings become alarms, and people are told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from centre.access import sign_in_queries
from centre.audit.names import CENTRE
from centre.context import Context
from centre.delivery import attempt_queries
from centre.flows.queue_figures import QueueFigures
from centre.watch import alarm_queries, rule_queries, under_way_queries
from centre.watch.models import Alarm
from centre.watch.notify_staff import notify
from centre.watch.rules import AlarmKind, AlarmState, Reading, Thresholds, step
from centre.watch.stuck import stuck_messages
from core.errors import MessageCentreError
from core.words import Status

_RECENT = timedelta(minutes=15)
# A burst that a worker takes away within this time is no alarm.
_BURST = timedelta(seconds=20)
# The watchdog asks Temporal's visibility; that may be seldom.
_STUCK_EVERY = timedelta(seconds=30)
# Where as many sign-ins failed as lock a place, somebody may be guessing.
_ATTACK = sign_in_queries.MAX_FAILURES

# A client's code, what is wrong, and whose name it is where it is a person's.
Key = tuple[str, AlarmKind, str | None]
Ends = Mapping[Status, int]


@dataclass
class Watch:
    """What one process remembers between two readings; the store has the rest."""

    standings: dict[Key, AlarmState] = field(default_factory=dict)
    stuck: Counter[str] = field(default_factory=Counter)
    asked_stuck: datetime | None = None

    async def look(
        self,
        context: Context,
        seen: Sequence[QueueFigures],
        enabled: Sequence[str],
        now: datetime,
    ) -> None:
        """Take one reading of these queues; raise, clear and tell what follows."""
        await self._count_stuck(context, now)
        async with context.store.sessions() as session:
            known = await rule_queries.limits(session)
            ends = await under_way_queries.ended_of_late(session, now - _RECENT)
            wrong = await attempt_queries.misconfigured_since(session, now - _RECENT)
            raised = {_key(a): a for a in await alarm_queries.open_alarms(session)}
            attacked = dict(await sign_in_queries.attacked_names(session))
        for queue in seen:
            client = queue.client
            seen_of = QueueReading(
                ends.get(client, {}), self.stuck[client], wrong[client]
            )
            for one in readings(queue, known.of(client), seen_of):
                await self._step(context, (client, one.kind, None), one, raised, now)
        raised_for = {name for _, _, name in raised if name is not None}
        for name in attacked.keys() | raised_for:
            failed = Reading(AlarmKind.SIGN_IN, attacked.get(name, 0), _ATTACK)
            await self._step(context, (CENTRE, failed.kind, name), failed, raised, now)
        await _end_of_the_gone(context, enabled, raised, now)
        await _tell(context, now)

    async def _step(
        self,
        context: Context,
        key: Key,
        reading: Reading,
        raised: Mapping[Key, Alarm],
        now: datetime,
    ) -> None:
        client, _, name = key
        alarm = raised.get(key)
        before = self.standings.get(key, AlarmState())
        # Another process may have raised or cleared it meanwhile.
        before = AlarmState(alarm is not None, before.since)
        after = step(before, reading, now)
        self.standings[key] = after
        if after.raised == before.raised:
            return
        async with context.store.sessions.begin() as session:
            if alarm is None:
                await alarm_queries.raise_alarm(session, client, reading, now, name)
            else:
                await alarm_queries.clear_alarm(session, alarm.id, now)

    async def _count_stuck(self, context: Context, now: datetime) -> None:
        if self.asked_stuck is None or now - self.asked_stuck >= _STUCK_EVERY:
            self.asked_stuck = now
            self.stuck = Counter(m.client for m in await stuck_messages(context))


def _key(alarm: Alarm) -> Key:
    return alarm.client, alarm.kind, alarm.username


async def _end_of_the_gone(
    context: Context, enabled: Sequence[str], raised: Mapping[Key, Alarm], now: datetime
) -> None:
    """Clear the alarms of clients that are disabled now."""
    there = set(enabled)
    for (client, _, name), alarm in raised.items():
        if name is None and client not in there:
            async with context.store.sessions.begin() as session:
                await alarm_queries.clear_alarm(session, alarm.id, now)


@dataclass(frozen=True)
class QueueReading:
    """What became of a client's messages of late; how many stand still.

    `misconfigured` calls failed for an account, a template or a permission.
    """

    ends: Ends
    stuck: int = 0
    misconfigured: int = 0


def readings(
    queue: QueueFigures, limits: Thresholds, seen: QueueReading
) -> Iterator[Reading]:
    """Yield what is looked at of one queue; a paused one needs no worker."""
    yield Reading(AlarmKind.BACKLOG, queue.backlog, limits.backlog, _BURST)
    age = queue.oldest_age_seconds if queue.backlog else 0.0
    yield Reading(AlarmKind.OLDEST_AGE, age, limits.oldest_age_seconds)
    alone = 0.0 if queue.pollers or queue.paused else 1.0
    patience = timedelta(seconds=limits.no_poller_seconds)
    yield Reading(AlarmKind.NO_POLLER, alone, 1.0, patience)
    share = _failed(seen.ends, limits.failure_at_least)
    yield Reading(AlarmKind.FAILURE_RATE, share, limits.failure_share)
    yield Reading(AlarmKind.STUCK, seen.stuck, 1.0)
    # Every further message fails alike: the first one is an alarm.
    yield Reading(AlarmKind.MISCONFIGURED, seen.misconfigured, 1.0)


def _failed(ends: Ends, at_least: int) -> float:
    """Return the share of ended messages that failed; 0 where too few have ended."""
    failed = ends.get(Status.FAILED, 0)
    ended = failed + ends.get(Status.DELIVERED, 0)
    return round(failed / ended, 3) if ended >= at_least else 0.0


async def _tell(context: Context, now: datetime) -> None:
    """Tell people of each open alarm once; what can't be told now is tried again."""
    async with context.store.sessions() as session:
        told = await rule_queries.recipients(session)
        waiting = [
            a for a in await alarm_queries.open_alarms(session) if a.told_at is None
        ]
    done: list[UUID] = []
    for alarm in waiting if told else ():
        if alarm.client == CENTRE and alarm.username is None:
            continue  # its own queue would carry the news
        try:
            await notify(context, alarm, told)
        except MessageCentreError:
            continue
        done.append(alarm.id)
    for alarm_id in done:
        async with context.store.sessions.begin() as session:
            await alarm_queries.note_told(session, alarm_id, now)
