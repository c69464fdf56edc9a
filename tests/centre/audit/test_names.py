"""Names by which the audit log could confuse people, clients and the centre."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centre.audit.audit import Actor
from centre.audit.names import CENTRE
from centre.clients import service
from centre.clients.models import ClientDraft
from centre.watch.notify_staff import TYPE
from core.words import Role
from tests.support.api.rig import PASSWORD, Headers, Rig, pointers, problem, running_api


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def admin(rig: Rig) -> Headers:
    return await rig.person(Role.ADMIN, "zhao")


OWN = ["centre", "system", "seeds", "routing", "receipts", "client", "workstation"]


@pytest.mark.parametrize("code", [*OWN, "admin", "operator", "auditor"])
async def test_no_client_has_a_name_of_the_centres_own(
    rig: Rig, admin: Headers, code: str
) -> None:
    body = {"code": code, "name": "X"}
    made = await rig.http.post("/v1/admin/clients", json=body, headers=admin)
    assert pointers(made) == ["/code"]


@pytest.mark.parametrize("username", OWN)
async def test_no_person_has_a_name_of_the_centres_own(
    rig: Rig, admin: Headers, username: str
) -> None:
    body = {"username": username, "role": "auditor", "password": PASSWORD}
    made = await rig.http.post("/v1/admin/users", json=body, headers=admin)
    assert pointers(made) == ["/username"]


async def test_no_client_is_called_like_a_person_nor_a_person_like_a_client(
    rig: Rig, admin: Headers
) -> None:
    body = {"code": "zhao", "name": "X"}
    made = await rig.http.post("/v1/admin/clients", json=body, headers=admin)
    problem(made, 409)
    await rig.new_client("his")
    person = {"username": "his", "role": "auditor", "password": PASSWORD}
    let_in = await rig.http.post("/v1/admin/users", json=person, headers=admin)
    problem(let_in, 409)


async def test_the_centre_makes_its_own_and_what_was_there_stays(
    rig: Rig, admin: Headers
) -> None:
    draft = ClientDraft(
        code=CENTRE,
        name="消息中心",
        scopes=frozenset(),
        message_types=frozenset({TYPE}),
    )
    async with rig.context.store.sessions.begin() as session:
        await service.add_client(session, draft, Actor(who=CENTRE))
    path = f"/v1/admin/clients/{CENTRE}"
    renamed = await rig.http.patch(path, json={"name": "Centre"}, headers=admin)
    assert renamed.json()["name"] == "Centre"


@pytest.mark.parametrize("id", [*OWN, "admin", "zhao", "his"])
async def test_no_screen_is_called_like_anybody(
    rig: Rig, admin: Headers, id: str
) -> None:
    await rig.new_client("his")
    body = {"id": id, "name": "N", "department": "心内科"}
    made = await rig.http.post("/v1/admin/workstations", json=body, headers=admin)
    problem(made, 409 if id in ("zhao", "his") else 422)
