"""What of clients, queues and the watch is refused at any door, the console's too."""

from datetime import timedelta

import pytest

from centre.audit.audit import Actor
from centre.clients.models import ClientChanges, ClientDraft
from centre.clients.secrets import rotate_secret
from centre.clients.service import create_client, update_client
from centre.queues import steering
from centre.watch.models import MOST_TOLD
from centre.watch.thresholds import put_recipients
from core.errors import Forbidden, Invalid, NotFound
from core.models import Address
from core.words import IdentityType, Role
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR


def places(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [field_error.pointer for field_error in refused.value.errors]


async def test_a_secret_overlaps_thirty_days_at_most(store: Store) -> None:
    context = context_of(store)
    await create_client(context, ClientDraft(code="his", name="H"), ACTOR)
    for overlap in (timedelta(seconds=-1), timedelta(days=30, seconds=1)):
        with pytest.raises(Invalid) as refused:
            await rotate_secret(context, "his", ACTOR, overlap)
        assert places(refused) == ["/overlap_hours"]
    assert await rotate_secret(context, "his", ACTOR, timedelta(days=30))


async def test_a_queue_is_limited_within_bounds(store: Store) -> None:
    context = context_of(store)
    await create_client(context, ClientDraft(code="his", name="H"), ACTOR)
    for rate in (0.0, 0.0001, 100_001.0, float("nan")):
        with pytest.raises(Invalid) as refused:
            await steering.limit(context, "his", rate, ACTOR)
        assert places(refused) == ["/per_second"]
    with pytest.raises(NotFound):
        await steering.pause(context, "nobody", ACTOR)
    assert (await steering.limit(context, "his", 0.001, ACTOR)).per_second == 0.001


async def test_so_many_are_told_of_alarms_and_no_more(store: Store) -> None:
    one = Address(type=IdentityType.STAFF_NO, value="N1")
    with pytest.raises(Invalid) as refused:
        await put_recipients(context_of(store), (one,) * (MOST_TOLD + 1), ACTOR)
    assert places(refused) == ["/recipients"]


async def test_each_use_case_asks_for_its_role(store: Store) -> None:
    context, auditor = context_of(store), Actor(who="a", role=Role.AUDITOR)
    for work in (
        create_client(context, ClientDraft(code="his", name="H"), auditor),
        update_client(context, "his", ClientChanges(enabled=False), auditor),
        rotate_secret(context, "his", auditor, timedelta(0)),
        steering.pause(context, "his", auditor),
        put_recipients(context, (), auditor),
    ):
        with pytest.raises(Forbidden):
            await work
