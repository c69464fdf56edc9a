"""What a receipt says of the person whom its message went to."""

from centre.delivery.addresses import address_of
from centre.delivery.models import Attempt
from centre.messages import queries as messages
from centre.reachability.service import note_receipt
from channels.receipts import ProviderReceipt
from core.words import REACHED, Outcome
from db.session import Session


async def note_report(
    session: Session, attempt: Attempt, receipt: ProviderReceipt
) -> None:
    """Keep what a receipt says of the person, where it says anything."""
    arrived = receipt.outcome in REACHED - {Outcome.ACCEPTED}
    if not receipt.refused and not arrived:
        return
    stored = await messages.find(session, attempt.message_id)
    if stored is None:
        return
    address = await address_of(session, stored.message, attempt.channel)
    if address is not None:
        await note_receipt(session, receipt, address, stored.message.type)
