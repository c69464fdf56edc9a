"""What a delivery's end leaves behind on the person's address."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import pytest

from centre.delivery.contracts import DeliveryTask
from centre.reachability import queries as standings
from core.errors import DeliveryError, OutcomeUnknown, RateLimited, RecipientRefused
from core.models import Address
from core.words import Channel, IdentityType, State
from db.store import Store
from tests.support.workflows.activities import booking_store
from tests.support.workflows.deliveries import YES, ScriptedSender, deliver, task


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def held(store: Store, work: DeliveryTask) -> list[tuple[State, str]]:
    async with store.sessions() as session:
        address = work.address
        found = await standings.known_of(session, address.type, address.value)
    return [(standing.state, standing.code) for standing in found]


class Follower(ScriptedSender):
    """A channel that refuses at once whom it does not reach."""

    channel: ClassVar[Channel] = Channel.WECHAT


async def test_who_is_refused_is_remembered_until_reached(store: Store) -> None:
    address = Address(type=IdentityType.WECHAT_OPENID, value="o" * 28)
    work = task(channel=Channel.WECHAT, address=address)
    with pytest.raises(RecipientRefused):
        await deliver(store, Follower(RecipientRefused("no", code="43004")), work)
    assert await held(store, work) == [(State.UNFOLLOWED, "43004")]
    later = task(channel=Channel.WECHAT, address=address, doubted=True)
    await deliver(store, Follower(YES), later)
    assert not await held(store, work)


async def test_a_number_stays_doubted_when_a_message_was_only_taken(
    store: Store,
) -> None:
    work, no = task(), RecipientRefused("no", code="isv.MOBILE_NUMBER_ILLEGAL")
    with pytest.raises(RecipientRefused):
        await deliver(store, ScriptedSender(no), work)
    later = task(address=work.address, doubted=True)
    await deliver(store, ScriptedSender(YES), later)
    assert await held(store, work) == [(State.INVALID, "isv.MOBILE_NUMBER_ILLEGAL")]


@pytest.mark.parametrize("error", [RateLimited("no"), OutcomeUnknown("no")])
async def test_other_errors_say_nothing_of_the_person(
    store: Store, error: DeliveryError
) -> None:
    work = task()
    with suppress(DeliveryError):
        await deliver(store, ScriptedSender(error), work)
    assert not await held(store, work)
