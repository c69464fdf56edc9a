"""Writes that an address was changed where a provider reports."""

from centre.receipts.tables import ReceiptAddressRow
from core.clock import utc_now
from core.words import Channel
from db.session import Session


async def renew(session: Session, channel: Channel, account: str, set_by: str) -> int:
    """Give an account another address; the old one is nothing from now on."""
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
    row.set_by, row.set_at = set_by, utc_now()
    session.add(row)
    await session.flush()
    return row.generation
