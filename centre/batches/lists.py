"""Lists that people send for a client system: what they may be of, checked, sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.batches.accept import AcceptedBatch, accept_batch
from centre.batches.files import ListCheck, examine
from centre.batches.rules import BatchRequest
from centre.catalog.message_types import all_message_types, message_type
from centre.clients import service as clients
from centre.clients.models import Client
from centre.context import Context
from core.errors import Forbidden
from core.models import Message
from core.policies import MessageType
from core.sheets.lines import Sheet
from core.words import Priority
from db.pages import MAX_LIMIT


@dataclass(frozen=True)
class BatchChoices:
    """The systems for which a batch may go out, by code, and the types it may be of."""

    clients: Mapping[str, Client]
    types: tuple[MessageType, ...]

    def types_of(self, client: str) -> list[str]:
        """Return the codes of the types that a system may send in a batch."""
        system = self.clients.get(client)
        only = system.message_types if system else None
        codes = [message_type.code for message_type in self.types]
        return [code for code in codes if only is None or code in only]


async def batch_choices(context: Context) -> BatchChoices:
    """Return what a batch may be of: systems and types that are switched on."""
    systems = await clients.list_clients(context, None, MAX_LIMIT)
    kinds = await all_message_types(context)
    enabled = {system.code: system for system in systems.items if system.enabled}
    return BatchChoices(enabled, tuple(filter(_fits, kinds)))


def _fits(message_type: MessageType) -> bool:
    """Tell whether messages of a type may go out in a batch."""
    urgent = message_type.priority is Priority.CRITICAL
    return message_type.enabled and not urgent and bool(message_type.policy.channels)


async def examine_list(
    context: Context,
    client: str,
    type_code: str,
    sheet: Sheet,
    labels: Mapping[str, str],
    **shared: object,
) -> ListCheck:
    """Check a list as it would be sent for a client; `labels` are columns' names."""
    system = await _sender(context, client)
    kind = await message_type(context, type_code)
    return await examine(context, system, sheet, kind, labels, **shared)


async def submit_list(
    context: Context, client: str, asked: BatchRequest, checked: Message, actor: Actor
) -> AcceptedBatch:
    """Accept a list as it was checked; Conflict where it would go out otherwise now."""
    actor.must_be(*OPERATORS)
    system = await _sender(context, client)
    return await accept_batch(context, system, asked, None, actor, as_checked=checked)


async def _sender(context: Context, code: str) -> Client:
    client = await clients.client(context, code)
    if not client.enabled:
        raise Forbidden("This client is disabled.")
    return client
