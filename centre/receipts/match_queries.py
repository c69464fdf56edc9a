"""Which call a receipt tells of."""

from collections.abc import Sequence
from dataclasses import dataclass

from centre.delivery import attempt_queries, part_queries
from centre.delivery.models import Attempt
from channels.receipts import ProviderReceipt
from db.session import Session


@dataclass(frozen=True)
class Match:
    """The call that a receipt tells of; `parts` are the numbers of a long text's."""

    attempt: Attempt
    parts: tuple[str, ...] = ()

    def of_a_part(self, receipt: ProviderReceipt) -> bool:
        """Tell whether a receipt speaks of one part of several."""
        return receipt.provider_message_id in self.parts


async def matches(
    session: Session, receipts: Sequence[ProviderReceipt]
) -> list[Match | None]:
    """Return the call of each; None where it is not known, or another account's."""
    return [await _match(session, receipt) for receipt in receipts]


async def _match(session: Session, receipt: ProviderReceipt) -> Match | None:
    found = await _attempt(session, receipt)
    if found is None or not _is_own(found, receipt):
        return None
    return Match(found, await part_queries.numbers_of(session, found.id))


def _is_own(found: Attempt, receipt: ProviderReceipt) -> bool:
    same = receipt.account in (None, found.account) or found.account is None
    way = (found.channel, found.provider) == (receipt.channel, receipt.provider)
    return same and way


async def _attempt(session: Session, receipt: ProviderReceipt) -> Attempt | None:
    """Our own id is exact, where the provider gave it back."""
    if receipt.sending_id is not None:
        made = await attempt_queries.attempts_of(session, receipt.sending_id)
        if made:
            return made[-1]
    for number in (receipt.provider_message_id, receipt.reference):
        found = number and await attempt_queries.attempt_of_receipt(
            session, receipt.provider, number, receipt.account
        )
        if found:
            return found
    return None
