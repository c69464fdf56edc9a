"""A good request and its message type, to be bent by the tests of acceptance."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from centre.messages.acceptance import MessageRequest, Sender, accept
from core.errors import Invalid
from core.models import Message
from core.policies import Confirm, MessageType, Policy, Template, WeightedChannel
from core.words import Channel, Priority

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
ID = UUID(int=7)
HIS = Sender("his")
BODY: dict[str, Any] = {
    "type": "exam-booking",
    "recipient": {"identities": {"mobile": "138 1234 5678"}, "name": "张三"},
    "params": {"name": "张三", "exam": "CT", "place": "2 号楼"},
}
KIND = MessageType(
    code="exam-booking",
    name="检查预约",
    priority=Priority.HIGH,
    policy=Policy(
        threshold=0.6,
        channels=(
            WeightedChannel(channel=Channel.WECHAT, weight=0.9),
            WeightedChannel(channel=Channel.SMS, weight=0.4),
        ),
        confirm={Channel.SMS: Confirm(within_seconds=30)},
        version=4,
    ),
    templates={
        Channel.WECHAT: Template(
            channel=Channel.WECHAT,
            version=3,
            title="{{exam}}",
            body="",
            fields={"thing1": "{{place}}"},
        ),
        Channel.SMS: Template(channel=Channel.SMS, version=2, body="{{name}}{{exam}}"),
        # No channel of the policy: nobody must fill it.
        Channel.EMAIL: Template(channel=Channel.EMAIL, body="{{unused}}"),
    },
)


def request(**changes: Any) -> MessageRequest:
    return MessageRequest.model_validate(BODY | changes)


def take(
    body: MessageRequest, sender: Sender = HIS, message_type: MessageType | None = KIND
) -> Message:
    return accept(
        body,
        sender,
        message_type,
        message_id=ID,
        now=NOW,
        resend_window=timedelta(hours=1),
    )


def places(body: MessageRequest, message_type: MessageType | None = KIND) -> list[str]:
    """Return the pointers of a refusal."""
    with pytest.raises(Invalid) as caught:
        take(body, message_type=message_type)
    assert caught.value.status == 422
    assert all(field_error.detail for field_error in caught.value.errors)
    return [field_error.pointer for field_error in caught.value.errors]
