"""How often the addresses were changed where providers report."""

from sqlmodel import select

from centre.receipts.tables import ReceiptAddressRow
from core.words import Channel
from db.session import Session


async def generations(session: Session) -> dict[tuple[Channel, str], int]:
    """Return how often each account's address was changed, where it ever was."""
    rows = await session.exec(select(ReceiptAddressRow))
    return {(Channel(row.channel), row.account): row.generation for row in rows}
