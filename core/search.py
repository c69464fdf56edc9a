"""The search attributes of a message's workflow: codes only, never a person."""

from temporalio.common import SearchAttributeKey

CLIENT = SearchAttributeKey.for_keyword("ClientId")
TYPE = SearchAttributeKey.for_keyword("MessageType")
STATUS = SearchAttributeKey.for_keyword("MsgStatus")
PRIORITY = SearchAttributeKey.for_keyword("MsgPriority")

ALL = (CLIENT, TYPE, STATUS, PRIORITY)
