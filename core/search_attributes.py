"""The search attributes of a message's workflow: codes only, never a person."""

from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
)

from core.models import Message
from core.words import Status

CLIENT = SearchAttributeKey.for_keyword("ClientId")
TYPE = SearchAttributeKey.for_keyword("MessageType")
STATUS = SearchAttributeKey.for_keyword("MsgStatus")
PRIORITY = SearchAttributeKey.for_keyword("MsgPriority")

ALL = (CLIENT, TYPE, STATUS, PRIORITY)


def attributes(message: Message) -> TypedSearchAttributes:
    """Return what a message's workflow is found by when it starts."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(CLIENT, message.client),
            SearchAttributePair(TYPE, message.type),
            SearchAttributePair(STATUS, Status.ACCEPTED.value),
            SearchAttributePair(PRIORITY, message.priority.value),
        ]
    )
