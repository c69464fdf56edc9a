"""How people steer the clients' queues: paused, or slowed down."""

from datetime import datetime

from sqlmodel import select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.clients.tables import ClientRow
from centre.queues.tables import QueueSettingRow
from core.base import Model
from core.errors import NotFound
from db.columns import utc_now
from db.session import Session
from db.sql import lock


class QueueSettings(Model):
    """One client's queue: whether it stands still, and how fast it may go.

    `critical_queue`: it has a second queue, for critical messages that pass a
    pause; a queue once begun is served on, as messages may be in it for days.
    """

    client: str
    paused: bool = False
    per_second: float | None = None
    critical_passes_pause: bool = False
    critical_queue: bool = False
    set_by: str | None = None
    set_at: datetime | None = None

    @property
    def critical_runs(self) -> bool:
        """Whether the second queue is served now."""
        return self.critical_queue and (self.critical_passes_pause or not self.paused)


async def queue_settings(session: Session) -> dict[str, QueueSettings]:
    """Return the settings of every queue that somebody has steered."""
    rows = await session.exec(select(QueueSettingRow))
    return {row.client: _settings(row) for row in rows}


async def settings_of(session: Session, client: str) -> QueueSettings:
    """Return one queue's settings; a new queue runs, without a limit."""
    row = await session.get(QueueSettingRow, client)
    return _settings(row) if row else QueueSettings(client=client)


async def pause_queue(
    session: Session, client: str, paused: bool, actor: Actor
) -> QueueSettings:
    """Let a queue stand still, or go on; NotFound where there is no such client."""
    row = await _row(session, client, actor)
    before, row.paused = row.paused, paused
    action = "pause" if paused else "resume"
    return await _saved(session, row, actor, action, {"paused": before})


async def limit_queue(
    session: Session, client: str, per_second: float | None, actor: Actor
) -> QueueSettings:
    """Let so many calls to providers a second go out of a queue; None: no limit."""
    row = await _row(session, client, actor)
    before, row.per_second = row.per_second, per_second
    return await _saved(session, row, actor, "limit", {"per_second": before})


async def let_critical_pass(
    session: Session, client: str, passes: bool, actor: Actor
) -> QueueSettings:
    """Let critical messages accepted from now on pass a pause, or no longer."""
    row = await _row(session, client, actor)
    before, row.critical_passes_pause = row.critical_passes_pause, passes
    row.critical_queue = row.critical_queue or passes
    kept: dict[str, object] = {"critical_passes_pause": before}
    return await _saved(session, row, actor, "critical-passes-pause", kept)


async def _row(session: Session, client: str, actor: Actor) -> QueueSettingRow:
    """Return a queue's row to change, for nobody else to change meanwhile."""
    await lock(session, "queue_settings")
    if await session.get(ClientRow, client) is None:
        raise NotFound("There is no such client.")
    row = await session.get(QueueSettingRow, client)
    return row or QueueSettingRow(
        client=client, paused=False, per_second=None, set_by=actor.who, set_at=utc_now()
    )


async def _saved(
    session: Session,
    row: QueueSettingRow,
    actor: Actor,
    action: str,
    before: dict[str, object],
) -> QueueSettings:
    row.set_by, row.set_at = actor.who, utc_now()
    session.add(row)
    await session.flush()
    after = {name: getattr(row, name) for name in before}
    await audit.write(session, actor, action, f"queues/{row.client}", before, after)
    return _settings(row)


def _settings(row: QueueSettingRow) -> QueueSettings:
    return QueueSettings.model_validate(row.model_dump())
