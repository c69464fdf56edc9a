"""Alarms of queues and of sign-ins, as people read and acknowledge them."""

from uuid import UUID

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.context import Context
from centre.watch import alarm_queries
from centre.watch.models import Alarm
from core.clock import utc_now
from db.pages import Page


async def open_alarms(context: Context) -> tuple[Alarm, ...]:
    """Return the alarms that are not over, the earliest first."""
    async with context.store.sessions() as session:
        return await alarm_queries.open_alarms(session)


async def list_alarms(
    context: Context, cursor: str | None = None, limit: int = 50
) -> Page[Alarm]:
    """Return alarms, open or over, the newest first."""
    async with context.store.sessions() as session:
        return await alarm_queries.list_alarms(session, cursor, limit)


async def acknowledge(context: Context, alarm_id: UUID, actor: Actor) -> Alarm:
    """Write who looks after an incident; the first one stays."""
    actor.must_be(*OPERATORS)
    async with context.store.sessions.begin() as session:
        found = await alarm_queries.alarm(session, alarm_id)
        if found.acknowledged_at is not None:
            return found
        now = utc_now()
        await alarm_queries.note_acknowledged(session, alarm_id, actor.who, now)
        name = found.username
        target = f"users/{name}" if name else f"queues/{found.client}"
        known = {"kind": found.kind, "raised_at": found.raised_at.isoformat()}
        await audit.write(session, actor, "acknowledge-alarm", target, None, known)
        return await alarm_queries.alarm(session, alarm_id)
