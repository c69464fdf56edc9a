"""Figures for people who ask whether all is well: bounded, through indexes.

Nothing here reads more than `MOST` entries of an index, however large the
tables have grown.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as core_select

from centre.clients.tables import ClientSecretRow
from centre.delivery.tables import AttemptRow
from centre.messages.tables import MessageRow
from centre.watch.models import (
    EndingSecret,
    ProviderHealth,
    Unacknowledged,
    WaitingFailures,
)
from core.words import Channel, Status
from db.session import Session
from db.sql import table_of

MOST = 100_000


async def count_by_status(
    session: Session, since: datetime, most: int = MOST
) -> dict[Status, int]:
    """Count the messages accepted since then, each status up to `most`."""
    table = table_of(MessageRow)
    connection = await session.connection()
    found: dict[Status, int] = {}
    for status in Status:
        some = core_select(table.c.id).where(
            table.c.status == status.value, table.c.created_at >= since
        )
        counted = core_select(func.count()).select_from(some.limit(most).subquery())
        found[status] = (await connection.execute(counted)).scalar_one()
    return found


async def count_by_hour(
    session: Session, since: datetime, now: datetime, most: int = MOST
) -> tuple[int, ...]:
    """Count the messages accepted in each hour from `since`, each up to `most`."""
    accepted = table_of(MessageRow).c.created_at
    connection = await session.connection()
    found: list[int] = []
    while since <= now:
        until = since + timedelta(hours=1)
        some = core_select(accepted).where(accepted >= since, accepted < until)
        counted = core_select(func.count()).select_from(some.limit(most).subquery())
        found.append((await connection.execute(counted)).scalar_one())
        since = until
    return tuple(found)


async def waiting_failed(
    session: Session, now: datetime, most: int = 10_000
) -> WaitingFailures:
    """Return how many failed messages wait for a resend."""
    table = table_of(MessageRow)
    waits = core_select(table.c.resendable_until)
    waits = waits.where(table.c.resendable_until > now)
    waits = waits.order_by(table.c.resendable_until).limit(most + 1)
    some = waits.subquery()
    figures = core_select(func.count(), func.min(some.c.resendable_until))
    connection = await session.connection()
    count, first = (await connection.execute(figures.select_from(some))).one()
    return WaitingFailures(count=min(count, most), more=count > most, first_end=first)


async def unacknowledged(session: Session, most: int = 10_000) -> Unacknowledged:
    """Return how many messages wait for a person's confirmation."""
    since = table_of(MessageRow).c.unacknowledged_since
    waits = core_select(since).where(since.is_not(None))
    some = waits.order_by(since).limit(most + 1).subquery()
    figures = core_select(func.count(), func.min(some.c.unacknowledged_since))
    connection = await session.connection()
    count, oldest = (await connection.execute(figures.select_from(some))).one()
    return Unacknowledged(count=min(count, most), more=count > most, oldest=oldest)


async def provider_health(
    session: Session, since: datetime
) -> tuple[ProviderHealth, ...]:
    """Return how each provider's calls since then ended.

    The ids of attempts are UUIDs of version 7: their order is that of time.
    """
    table = table_of(AttemptRow)
    columns = (table.c.provider, table.c.channel, table.c.state, table.c.reason)
    recent = core_select(*columns).where(table.c.id >= _first_id(since))
    some = recent.order_by(table.c.id.desc()).limit(MOST).subquery()
    grouped = core_select(*some.c, func.count().label("calls")).group_by(*some.c)
    connection = await session.connection()
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in await connection.execute(grouped):
        kind = _kind(row.state, row.reason)
        if kind is not None:
            counts = found.setdefault((row.provider, row.channel), {})
            counts[kind] = counts.get(kind, 0) + row.calls
    return tuple(
        ProviderHealth(provider=provider, channel=Channel(channel), **counts)
        for (provider, channel), counts in sorted(found.items())
    )


def _first_id(at: datetime) -> UUID:
    """Return the lowest UUID of version 7 of a moment (RFC 9562 section 5.7)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _kind(state: str, reason: str | None) -> str | None:
    if state == "sending":
        return None
    if state == "failed" and reason in ("invalid_recipient", "rejected"):
        return "refused"
    return state


async def ending_secrets(
    session: Session, now: datetime, until: datetime
) -> tuple[EndingSecret, ...]:
    """Return the clients' secrets that end by then."""
    table = table_of(ClientSecretRow)
    wanted = core_select(table.c.client_code, table.c.expires_at).where(
        table.c.expires_at > now,
        table.c.expires_at <= until,
        table.c.revoked_at.is_(None),
    )
    connection = await session.connection()
    rows = await connection.execute(wanted.order_by(table.c.expires_at).limit(20))
    return tuple(
        EndingSecret(client=row.client_code, expires_at=row.expires_at) for row in rows
    )
