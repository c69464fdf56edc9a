"""The inbox: a deposit is a delivery."""

import pytest

from channels.base import Acceptance, Sending
from channels.hospital.inbox import InboxSender
from core.errors import DeliveryError, OutcomeUnknown, ProviderDown
from core.words import Channel
from tests.support.channels.fakes import SENDING_ID, assert_private, sending

SENDING = sending(Channel.INBOX)


class Inbox:
    """Keeps what is deposited, once by id; or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.kept: dict[object, Sending] = {}
        self.error = error

    async def __call__(self, sending: Sending) -> None:
        if self.error:
            raise self.error
        self.kept.setdefault(sending.id, sending)


async def test_a_deposit_is_a_delivery_and_a_second_one_changes_nothing() -> None:
    inbox = Inbox()
    sender = InboxSender(inbox)
    taken = [await sender.send(SENDING) for _ in range(2)]
    expected = Acceptance(
        provider="inbox", provider_message_id=str(SENDING_ID), delivered=True
    )
    assert taken == [expected, expected]
    assert list(inbox.kept.values()) == [SENDING]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (RuntimeError("INSERT INTO inbox VALUES ('张三')"), ProviderDown),
        (TimeoutError("张三"), OutcomeUnknown),
        (ProviderDown("the store is down"), ProviderDown),
    ],
)
async def test_a_failed_deposit_tells_nothing_of_the_message(
    error: Exception, raised: type[DeliveryError]
) -> None:
    with pytest.raises(raised) as found:
        await InboxSender(Inbox(error)).send(SENDING)
    assert_private(found.value)
