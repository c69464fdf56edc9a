"""Draws what became of a message."""

from rich.table import Table

from deploy.remote import Document

_NAMES = ("channel", "stage", "outcome", "reason", "attempts")


def deliveries(found: Document) -> Table:
    """Return a status document's deliveries as a table."""
    table = Table(*_NAMES)
    table.add_column("provider id", overflow="fold")  # people copy it
    for delivery in found["deliveries"]:
        cells = [str(delivery[name] or "") for name in _NAMES]
        table.add_row(*cells, delivery["provider_message_id"] or "")
    return table
