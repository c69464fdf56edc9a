"""Batches are steered and sent alike, whichever door the order came by."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.batches import control
from centre.batches.lists import batch_choices, examine_list, submit_list
from core.errors import Forbidden, Invalid, NotFound
from core.sheets.reading import read_sheet
from core.words import Role
from tests.support.api.rig import Rig, running_api

OPERATOR = Actor(who="sun", role=Role.OPERATOR)
AUDITOR = Actor(who="li", role=Role.AUDITOR)
OWNER = Actor(who="his", role="client")
STRANGER = Actor(who="lis", role="client")
LIST = "mobile,exam,place\n13800138000,CT,2 号楼\n".encode()

Order = Callable[[Rig, UUID, Actor], Awaitable[control.BatchView]]


def cancelling(rig: Rig, batch_id: UUID, actor: Actor) -> Awaitable[control.BatchView]:
    return control.cancel(rig.context, batch_id, actor)


def pausing(rig: Rig, batch_id: UUID, actor: Actor) -> Awaitable[control.BatchView]:
    return control.pause(rig.context, batch_id, actor)


def resuming(rig: Rig, batch_id: UUID, actor: Actor) -> Awaitable[control.BatchView]:
    return control.resume(rig.context, batch_id, actor)


def slowing(rig: Rig, batch_id: UUID, actor: Actor) -> Awaitable[control.BatchView]:
    return control.set_rate(rig.context, batch_id, 3, actor)


EVERY: dict[str, Order] = {
    "cancel": cancelling,
    "pause": pausing,
    "resume": resuming,
    "rate": slowing,
}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


async def sent(rig: Rig) -> UUID:
    """Send a list as a person does, for `his`; return the batch's id."""
    found = await examine_list(rig.context, "his", "exam-booking", read_sheet(LIST), {})
    assert found.asked is not None
    assert found.checked is not None
    frame = found.checked.frame
    done = await submit_list(rig.context, "his", found.asked, frame, OPERATOR)
    return done.batch.id


@pytest.mark.parametrize("order", EVERY.values(), ids=EVERY)
async def test_who_may_steer_a_batch(rig: Rig, order: Order) -> None:
    await rig.client("his")
    batch_id = await sent(rig)
    with pytest.raises(Forbidden):
        await order(rig, batch_id, AUDITOR)
    with pytest.raises(NotFound, match="no such batch"):
        await order(rig, batch_id, STRANGER)
    with pytest.raises(NotFound, match="no such batch"):
        await order(rig, uuid4(), OPERATOR)
    assert rig.flows.steered == []
    assert (await order(rig, batch_id, OWNER)).batch.id == batch_id


async def test_what_people_order_is_written_down_and_what_clients_do_is_not(
    rig: Rig,
) -> None:
    await rig.client("his")
    batch_id = await sent(rig)
    await control.pause(rig.context, batch_id, OPERATOR)
    await control.resume(rig.context, batch_id, OWNER)
    async with rig.context.store.sessions() as session:
        wanted = AuditFilter(target=f"batches/{batch_id}")
        log = await audit.list_audit(session, wanted)
    assert [row.action for row in log.items] == ["pause", "create"]


@pytest.mark.parametrize("rate", [0, 0.0001, -1, 1000.5])
async def test_a_rate_that_none_may_have(rig: Rig, rate: float) -> None:
    await rig.client("his")
    batch_id = await sent(rig)
    with pytest.raises(Invalid) as refused:
        await control.set_rate(rig.context, batch_id, rate, OPERATOR)
    assert [field_error.pointer for field_error in refused.value.errors] == [
        "/rate_per_second"
    ]


def test_what_is_no_id_names_no_batch() -> None:
    with pytest.raises(NotFound, match="no such batch"):
        control.batch_id_of("12")


async def test_a_list_is_sent_by_who_may_operate_only(rig: Rig) -> None:
    await rig.client("his")
    sheet = read_sheet(LIST)
    found = await examine_list(rig.context, "his", "exam-booking", sheet, {})
    assert found.asked is not None
    assert found.checked is not None
    frame = found.checked.frame
    for actor in (AUDITOR, OWNER):
        with pytest.raises(Forbidden):
            await submit_list(rig.context, "his", found.asked, frame, actor)
    with pytest.raises(NotFound, match="no such client"):
        await submit_list(rig.context, "nobody", found.asked, frame, OPERATOR)


async def test_a_list_is_of_a_client_and_a_type_that_there_are(rig: Rig) -> None:
    await rig.client("his")
    for whose, match in (
        (("nobody", "exam-booking"), "no such client"),
        (("his", "nothing"), "no such message type"),
    ):
        with pytest.raises(NotFound, match=match):
            await examine_list(rig.context, *whose, read_sheet(LIST), {})


async def test_a_batch_may_be_of_what_its_system_may_send(rig: Rig) -> None:
    await rig.client("his")
    await rig.client("lis", message_types=["another"])
    choices = await batch_choices(rig.context)
    assert set(choices.clients) == {"his", "lis"}
    assert "exam-booking" in choices.types_of("his")
    assert choices.types_of("lis") == []


async def test_both_doors_answer_a_batch_alike(rig: Rig) -> None:
    own = await rig.client("his")
    people = await rig.person(Role.OPERATOR)
    batch_id = await sent(rig)
    seen: list[dict[str, Any]] = []
    for path, headers in (("/v1", own), ("/v1/admin", people)):
        address = f"{path}/batches/{batch_id}"
        answer = await rig.http.put(
            f"{address}/rate", json={"rate_per_second": 7}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        seen.append((await rig.http.get(address, headers=headers)).json())
    assert seen[0] == seen[1]
