"""A client's token ends with its secret, and follows what the client may do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, update

from centre.clients.tables import ClientSecretRow
from core.words import Role, Scope
from tests.support.api.rig import BODY, Headers, Rig, bearer, problem

CLIENTS = "/v1/admin/clients"


@pytest.fixture
async def admin(rig: Rig) -> Headers:
    return await rig.person(Role.ADMIN)


async def joined(rig: Rig, admin: Headers) -> dict[str, Any]:
    body = {"code": "his", "name": "HIS"}
    answer = await rig.http.post(CLIENTS, json=body, headers=admin)
    made: dict[str, Any] = answer.json()
    return made


async def token(rig: Rig, keys: dict[str, Any]) -> Headers:
    form = {
        "grant_type": "client_credentials",
        "client_id": keys["appkey"],
        "client_secret": keys["appsecret"],
    }
    answer = await rig.http.post("/v1/token", data=form)
    return bearer(answer.json()["access_token"])


async def rotated(rig: Rig, admin: Headers, hours: float) -> dict[str, Any]:
    path, body = f"{CLIENTS}/his/secrets", {"overlap_hours": hours}
    answer = await rig.http.post(path, json=body, headers=admin)
    new: dict[str, Any] = answer.json()
    return new


async def test_rotated_without_overlap_the_old_tokens_end_at_once(
    rig: Rig, admin: Headers
) -> None:
    first = await joined(rig, admin)
    old = await token(rig, first)
    assert (await rig.send(old)).status_code == 202
    new = await token(rig, await rotated(rig, admin, 0))
    problem(await rig.send(old), 401)
    assert (await rig.send(new)).status_code == 202
    newest = await token(rig, await rotated(rig, admin, 1))
    for one in (new, newest):
        assert (await rig.send(one)).status_code == 202


async def test_a_secret_takes_its_tokens_along_when_its_time_is_over(
    rig: Rig, admin: Headers
) -> None:
    first = await joined(rig, admin)
    old = await token(rig, first)
    new = await token(rig, await rotated(rig, admin, 1))
    assert (await rig.send(old)).status_code == 202
    async with rig.context.store.sessions.begin() as session:
        ending = col(ClientSecretRow.expires_at).is_not(None)
        past = datetime.now(UTC) - timedelta(seconds=1)
        over = update(ClientSecretRow).where(ending).values(expires_at=past)
        await session.exec(over)
    problem(await rig.send(old), 401)
    assert (await rig.send(new)).status_code == 202


async def test_a_revoked_secret_takes_its_tokens_along(
    rig: Rig, admin: Headers
) -> None:
    old = await token(rig, await joined(rig, admin))
    listed = await rig.http.get(f"{CLIENTS}/his/secrets", headers=admin)
    path = f"{CLIENTS}/his/secrets/{listed.json()['items'][0]['id']}"
    assert (await rig.http.delete(path, headers=admin)).status_code == 204
    problem(await rig.send(old), 401)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"enabled": False}, 401),
        ({"scopes": [Scope.MESSAGES_READ]}, 401),
        ({"message_types": []}, 403),
        ({"cidrs": ["10.0.0.0/8"]}, 403),
        ({"rate_per_minute": 1}, 429),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else None,
)
async def test_what_a_client_may_no_longer_do_its_tokens_may_not_either(
    rig: Rig, admin: Headers, changes: dict[str, Any], status: int
) -> None:
    mine = await token(rig, await joined(rig, admin))
    assert (await rig.send(mine)).status_code == 202
    changed = await rig.http.patch(f"{CLIENTS}/his", json=changes, headers=admin)
    assert changed.is_success
    answers = [
        await rig.http.post("/v1/messages", json=BODY, headers=mine) for _ in range(2)
    ]
    problem(answers[-1], status)
