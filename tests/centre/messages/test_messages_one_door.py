"""What is ordered of a message is refused and done alike, whichever door it came by."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.messages import finding
from centre.messages.acknowledge import AcknowledgeOrder, acknowledge
from centre.messages.contracts import MessageFilter
from centre.messages.lookup import message_id_of
from centre.orders.bulk_resend import resend_failed
from centre.orders.cancel_resend import (
    CancelOrder,
    ResendOrder,
    cancel,
    resend,
    resendable_channels,
)
from centre.orders.recall import RecallRequest, recall
from core.errors import Forbidden, Invalid, NotFound
from core.words import Channel, IdentityType, Role
from tests.support.api.rig import Rig, running_api

OPERATOR = Actor(who="sun", role=Role.OPERATOR)
AUDITOR = Actor(who="li", role=Role.AUDITOR)
OWNER = Actor(who="his", role="client")
STRANGER = Actor(who="lis", role="client")
AGAIN = ResendOrder(reason="gateway back")

Order = Callable[[Rig, UUID, Actor], Awaitable[object]]


def cancelling(rig: Rig, message_id: UUID, actor: Actor) -> Awaitable[object]:
    return cancel(rig.context, message_id, CancelOrder(), actor)


def recalling(rig: Rig, message_id: UUID, actor: Actor) -> Awaitable[object]:
    order = RecallRequest(reason="mixed up")
    return recall(rig.context, message_id, order, actor)


def resending(rig: Rig, message_id: UUID, actor: Actor) -> Awaitable[object]:
    return resend(rig.context, message_id, AGAIN, actor)


def confirming(rig: Rig, message_id: UUID, actor: Actor) -> Awaitable[object]:
    return acknowledge(rig.context, message_id, AcknowledgeOrder(by="N1"), actor)


EVERY: dict[str, Order] = {
    "cancel": cancelling,
    "recall": recalling,
    "resend": resending,
    "confirm": confirming,
}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def message_id(rig: Rig) -> UUID:
    return await rig.sent(await rig.client("his"))


async def actions(rig: Rig, target: str) -> list[tuple[str, str]]:
    async with rig.context.store.sessions() as session:
        log = await audit.list_audit(session, AuditFilter(target=target))
    return [(row.actor.who, row.action) for row in log.items]


@pytest.mark.parametrize("order", EVERY.values(), ids=EVERY)
async def test_an_auditor_orders_nothing(
    rig: Rig, message_id: UUID, order: Order
) -> None:
    with pytest.raises(Forbidden):
        await order(rig, message_id, AUDITOR)
    assert rig.flows.orders == []
    assert await actions(rig, f"messages/{message_id}") == []


@pytest.mark.parametrize("name", ["cancel", "recall", "confirm"])
async def test_a_client_orders_of_its_own_messages_only(
    rig: Rig, message_id: UUID, name: str
) -> None:
    with pytest.raises(NotFound, match="no such message"):
        await EVERY[name](rig, message_id, STRANGER)
    await EVERY[name](rig, message_id, OWNER)


async def test_no_client_sends_again(rig: Rig, message_id: UUID) -> None:
    with pytest.raises(Forbidden):
        await resending(rig, message_id, OWNER)
    with pytest.raises(Forbidden):
        await resend_failed(rig.context, MessageFilter(), AGAIN, OWNER)


@pytest.mark.parametrize("order", EVERY.values(), ids=EVERY)
async def test_there_is_no_such_message_for_any_order(rig: Rig, order: Order) -> None:
    with pytest.raises(NotFound, match="no such message"):
        await order(rig, uuid4(), OPERATOR)


async def test_an_order_returns_how_the_message_stands_then(
    rig: Rig, message_id: UUID
) -> None:
    confirmed = await acknowledge(
        rig.context, message_id, AcknowledgeOrder(by="N1"), OPERATOR
    )
    assert confirmed.doc.acknowledgement is not None
    assert confirmed.doc.acknowledgement.by == "N1"
    again = await acknowledge(
        rig.context, message_id, AcknowledgeOrder(by="N2"), OPERATOR
    )
    assert again.doc.acknowledgement == confirmed.doc.acknowledgement
    assert await actions(rig, f"messages/{message_id}") == [("sun", "acknowledge")]


async def test_a_resend_may_choose_among_the_channels_first_planned(
    rig: Rig, message_id: UUID
) -> None:
    allowed = await resendable_channels(rig.context, message_id)
    assert set(allowed) <= {Channel.WECHAT, Channel.SMS, Channel.EMAIL}
    assert allowed == rig.flows.docs[message_id].plan.channels


def test_what_is_no_id_names_no_message() -> None:
    with pytest.raises(NotFound, match="no such message"):
        message_id_of("12")


async def test_a_list_with_recipients_shows_none_in_clear(
    rig: Rig, message_id: UUID
) -> None:
    await rig.record(message_id)
    (one,) = (await finding.list_addressed(rig.context, MessageFilter())).items
    assert one.recipient is not None
    assert one.recipient.identities == {IdentityType.MOBILE: "138****8000"}


async def test_a_client_finds_its_own_messages_only(rig: Rig, message_id: UUID) -> None:
    await rig.record(message_id)
    everything = MessageFilter()
    for actor, count in ((OWNER, 1), (STRANGER, 0), (AUDITOR, 1)):
        found = await finding.find_messages(rig.context, everything, actor)
        assert len(found.items) == count
    others = MessageFilter(client="lis")
    assert not (await finding.find_messages(rig.context, others, OWNER)).items


async def test_whom_people_look_for_is_written_down_once_a_search(
    rig: Rig, message_id: UUID
) -> None:
    await rig.record(message_id)
    for actor in (OWNER, AUDITOR):
        found = await finding.find_messages(
            rig.context, MessageFilter(), actor, "13800138000"
        )
        assert [doc.id for doc in found.items] == [message_id]
    assert await actions(rig, "messages") == [("li", "search")]


async def test_a_time_that_no_message_has_is_refused_everywhere(rig: Rig) -> None:
    wanted = MessageFilter(since=datetime(1999, 1, 1, tzinfo=UTC))
    for asked in (
        finding.list_messages(rig.context, wanted),
        finding.list_addressed(rig.context, wanted),
        finding.list_failed(rig.context, wanted),
        finding.count_failed(rig.context, wanted),
        finding.note_search(rig.context, wanted, AUDITOR),
        finding.export_messages(rig.context, wanted, AUDITOR),
        resend_failed(rig.context, wanted, AGAIN, OPERATOR),
    ):
        with pytest.raises(Invalid, match="out of range"):
            await asked


async def test_who_takes_a_list_is_written_down_without_the_number(
    rig: Rig, message_id: UUID
) -> None:
    await rig.record(message_id)
    taken = await finding.export_messages(rig.context, MessageFilter(), AUDITOR)
    assert ([doc.id for doc in taken.items], taken.more) == ([message_id], False)
    assert await actions(rig, "messages") == [("li", "export")]
