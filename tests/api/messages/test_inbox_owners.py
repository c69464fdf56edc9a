"""Whose inbox it is must be sure: a family's phone, a number that moves on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.words import Role
from tests.support.api.administrator import Desk
from tests.support.api.inboxes import LI, ZHANG, deposited, found, running_inboxes
from tests.support.api.rig import Headers, Rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_inboxes(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def app(rig: Rig) -> Headers:
    return await rig.client("mini-program", scopes=["inbox:read"])


@pytest.mark.parametrize("unknown", [{"empi_id": "E999"}, {"patient_id": "P999"}])
async def test_a_person_nobody_knows_gets_nothing_of_who_has_the_phone(
    rig: Rig, app: Headers, unknown: dict[str, str]
) -> None:
    await deposited(rig, "empi_id", ZHANG["empi_id"])
    with_phone = unknown | {"mobile": ZHANG["mobile"]}
    assert await found(rig, app, with_phone) == []
    both = {"empi_id": "E999", "patient_id": ZHANG["patient_id"]}
    assert await found(rig, app, both) == []
    kind, value = next(iter(unknown.items()))
    _, own = await deposited(rig, kind, value, client="lis")
    assert await found(rig, app, with_phone) == [str(own)]


async def test_an_item_stays_with_whom_it_was_for_when_the_number_moves_on(
    rig: Rig, app: Headers
) -> None:
    _, item = await deposited(rig, "patient_id", ZHANG["patient_id"])
    admin = Desk(rig, await rig.person(Role.ADMIN))
    for who, now in (
        ("E100", {"mobile": ZHANG["mobile"]}),
        ("E200", {"mobile": LI["mobile"], "patient_id": ZHANG["patient_id"]}),
    ):
        body = {"name": "x", "identities": now}
        await admin.done("PUT", f"/patients/{who}", body)
    assert await found(rig, app, {"empi_id": "E100"}) == [str(item)]
    assert await found(rig, app, {"empi_id": "E200"}) == []
    assert await found(rig, app, {"patient_id": ZHANG["patient_id"]}) == []
