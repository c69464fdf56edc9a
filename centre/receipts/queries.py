"""Receipts that came before their attempt's end was written, and the addresses."""

from sqlmodel import select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.receipts.tables import ReceiptAddressRow
from core.words import Channel
from db.columns import utc_now
from db.session import Session
from db.sql import lock


async def generations(session: Session) -> dict[tuple[Channel, str], int]:
    """Return how often each account's address was changed, where it ever was."""
    rows = await session.exec(select(ReceiptAddressRow))
    return {(Channel(row.channel), row.account): row.generation for row in rows}


async def renew(session: Session, channel: Channel, account: str, actor: Actor) -> int:
    """Give an account another address; the old one is nothing from now on."""
    await lock(session, "receipt-addresses")
    row = await session.get(ReceiptAddressRow, (str(channel), account))
    if row is None:
        row = ReceiptAddressRow(
            channel=str(channel),
            account=account,
            generation=0,
            set_by="",
            set_at=utc_now(),
        )
    row.generation += 1
    row.set_by, row.set_at = actor.who, utc_now()
    session.add(row)
    await session.flush()
    target = f"channels/{channel}/accounts/{account}/receipts"
    await audit.write(session, actor, "renew-receipt-address", target)
    return row.generation
