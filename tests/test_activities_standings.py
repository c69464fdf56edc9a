"""What a delivery's end leaves behind on the person's address."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from activities.models import DeliveryTask
from core.errors import DeliveryError, OutcomeUnknown, RateLimited, RecipientRefused
from core.standings import State
from store import Store, standings
from tests.activity_rig import booking_store
from tests.delivery_rig import YES, ScriptedSender, deliver, task


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def held(store: Store, work: DeliveryTask) -> list[tuple[State, str]]:
    async with store.sessions() as session:
        address = work.address
        found = await standings.known_of(session, address.type, address.value)
    return [(standing.state, standing.code) for standing in found]


async def test_a_refused_recipient_is_remembered_until_reached(store: Store) -> None:
    work, no = task(), RecipientRefused("no", code="isv.MOBILE_NUMBER_ILLEGAL")
    with pytest.raises(RecipientRefused):
        await deliver(store, ScriptedSender(no), work)
    assert await held(store, work) == [(State.INVALID, "isv.MOBILE_NUMBER_ILLEGAL")]
    later = task(address=work.address, doubted=True)
    await deliver(store, ScriptedSender(YES), later)
    assert not await held(store, work)


@pytest.mark.parametrize("error", [RateLimited("no"), OutcomeUnknown("no")])
async def test_other_errors_say_nothing_of_the_person(
    store: Store, error: DeliveryError
) -> None:
    work = task()
    with suppress(DeliveryError):
        await deliver(store, ScriptedSender(error), work)
    assert not await held(store, work)
