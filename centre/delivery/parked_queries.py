"""Receipts that came before their attempt's end was written."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete
from sqlalchemy import select as core_select
from uuid_utils.compat import uuid7

from centre.delivery.tables import ParkedReceiptRow
from centre.messages.status import RANK
from channels.receipts import ProviderReceipt
from core.clock import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, table_of

# A provider's own retries end within hours; carriers report up to 72 h later,
# by when the attempt has long been written.
RETENTION = timedelta(days=3)


# A healthy account has some at a time, for a second each.
MOST_PARKED = 5000


_KEPT = (
    *("channel", "provider", "account", "provider_message_id"),
    *("outcome", "code", "at"),
)


async def park(session: Session, *receipts: ProviderReceipt) -> None:
    """Keep receipts, each once however often it comes; forget those grown old.

    Of each account the newest MOST_PARKED: whoever knows an address could fill
    the disk with what nobody will ever look for.
    """
    table, now = table_of(ParkedReceiptRow), utc_now()
    connection = await session.connection()
    await connection.execute(delete(table).where(table.c.parked_at < now - RETENTION))
    keep = insert_into(dialect_of(session), table).on_conflict_do_nothing()
    await connection.execute(keep, [_row(receipt, now) for receipt in receipts])
    for provider, account in {(r.provider, r.account) for r in receipts}:
        of_account = and_(
            table.c.provider == provider, table.c.account.is_not_distinct_from(account)
        )
        newest = core_select(table.c.id).where(of_account).order_by(table.c.id.desc())
        last = newest.offset(MOST_PARKED).limit(1).scalar_subquery()
        await connection.execute(delete(table).where(of_account, table.c.id <= last))


def _row(receipt: ProviderReceipt, now: datetime) -> dict[str, Any]:
    row = {name: getattr(receipt, name) for name in _KEPT}
    words = {"channel": str(receipt.channel), "outcome": str(receipt.outcome)}
    return row | words | {"id": uuid7(), "parked_at": now}


async def parked(
    session: Session, provider: str, provider_message_id: str
) -> tuple[ProviderReceipt, ...]:
    """Return what came early of one sending, the furthest outcome last."""
    wanted = {"provider": provider, "number": provider_message_id}
    connection = await session.connection()
    rows = await connection.execute(_parked(), wanted)
    found = (ProviderReceipt.model_validate(row._asdict()) for row in rows)
    return tuple(sorted(found, key=lambda receipt: RANK[receipt.outcome]))


@cache
def _parked() -> Select[*tuple[Any, ...]]:
    table = table_of(ParkedReceiptRow)
    columns = (table.c[name] for name in _KEPT)
    return core_select(*columns).where(
        table.c.provider == bindparam("provider"),
        table.c.provider_message_id == bindparam("number"),
    )


async def unpark(
    session: Session, provider: str, provider_message_id: str | None
) -> None:
    """Forget what came early of a sending: it has found its attempt."""
    if provider_message_id is None:
        return
    table = table_of(ParkedReceiptRow)
    connection = await session.connection()
    await connection.execute(
        delete(table).where(
            table.c.provider == provider,
            table.c.provider_message_id == provider_message_id,
        )
    )
