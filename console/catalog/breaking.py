"""Asks before a change after which requests that went through are refused."""

from centre.catalog.models import Review
from console.kit.setup import joined
from console.kit.texts import t
from console.kit.widgets import confirm


async def confirm_breaking(review: Review) -> bool:
    """Return whether to go on; asks only where something breaks."""
    if not review.breaking:
        return True
    lines = []
    if review.added:
        lines.append(t("breaking.added", names=joined(review.added)))
    if review.dropped:
        lines.append(t("breaking.dropped", names=joined(review.dropped)))
    if review.senders:
        who = joined(f"{sender.name} ({sender.code})" for sender in review.senders)
        lines.append(t("breaking.senders", senders=who))
    else:
        lines.append(t("breaking.nobody"))
    title = t("breaking.title")
    return await confirm(title, "\n".join(lines), yes=t("breaking.go_on"))
