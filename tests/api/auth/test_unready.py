"""Who has to change a password first opens nothing else, by no door."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from sqlmodel import col, update

from centre.access import one_time_codes, second_factor, users
from centre.access.tables import UserRow
from centre.audit.audit import Actor
from core.words import Role
from tests.support.api.rig import (
    PASSWORD,
    SETUP,
    Rig,
    bearer,
    pointers,
    problem,
    running_api,
)

OWN = "a phrase of my own"
PATHS = ("/v1/messages", "/v1/admin/clients", "/v1/admin/queues", "/v1/admin/alarms")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var", password_days=90) as running:
        yield running


async def sign_in(rig: Rig, password: str, **more: Any) -> httpx.Response:
    body = {"username": "liu", "password": password} | more
    return await rig.http.post("/v1/session", json=body)


async def change(rig: Rig, new: str, **given: Any) -> httpx.Response:
    body = {"username": "liu", "password": PASSWORD, "new_password": new} | given
    return await rig.http.post("/v1/session/password", json=body)


async def set_user(rig: Rig, **columns: Any) -> None:
    """Change liu's row behind everybody's back."""
    async with rig.context.store.sessions.begin() as session:
        liu = update(UserRow).where(col(UserRow.username) == "liu")
        await session.exec(liu.values(**columns))


async def newcomer(rig: Rig) -> None:
    """Let somebody in, with a password that was handed out."""
    admin = await rig.person(Role.ADMIN)
    body = {"username": "liu", "role": "admin", "password": PASSWORD}
    made = await rig.http.post("/v1/admin/users", json=body, headers=admin)
    assert made.json()["must_renew"] is True


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=91)


async def test_a_handed_out_password_gives_no_token_and_is_changed_by_the_api(
    rig: Rig,
) -> None:
    await newcomer(rig)
    told = problem(await sign_in(rig, PASSWORD), 403)["detail"]
    assert "POST /v1/session/password" in told
    problem(await sign_in(rig, "wrong"), 401)
    assert (await change(rig, OWN)).status_code == 204
    problem(await sign_in(rig, PASSWORD), 401)
    token = (await sign_in(rig, OWN)).json()["access_token"]
    for path in PATHS:
        assert (await rig.http.get(path, headers=bearer(token))).is_success


async def test_a_password_that_is_too_old_gives_no_token(rig: Rig) -> None:
    await rig.person(Role.OPERATOR, "liu")
    assert (await sign_in(rig, PASSWORD)).is_success
    await set_user(rig, password_set_at=long_ago())
    problem(await sign_in(rig, PASSWORD), 403)
    assert (await change(rig, OWN)).status_code == 204
    assert (await sign_in(rig, OWN)).is_success


@pytest.mark.parametrize(
    "columns",
    [{"must_change_password": True}, {"password_set_at": long_ago()}],
    ids=["to be changed", "too old"],
)
async def test_a_token_from_before_opens_nothing_either(
    rig: Rig, columns: dict[str, Any]
) -> None:
    me = await rig.person(Role.ADMIN, "liu")
    await set_user(rig, **columns)
    for path in PATHS:
        problem(await rig.http.get(path, headers=me), 403)
    body = {"code": "his", "name": "HIS"}
    made = await rig.http.post("/v1/admin/clients", json=body, headers=me)
    problem(made, 403)


async def test_a_token_from_before_the_factor_was_required_opens_nothing(
    tmp_path: Path,
) -> None:
    async with running_api(tmp_path / "var", second_factor="required") as rig:
        me = await rig.person(Role.ADMIN, "liu")
        problem(await rig.http.get(PATHS[0], headers=me), 403)
        problem(await sign_in(rig, PASSWORD), 403)


async def test_a_new_password_is_held_to_the_rules(rig: Rig) -> None:
    await newcomer(rig)
    for weak in ("abcdefgh", "I am liu 2 you", PASSWORD):
        assert pointers(await change(rig, weak)) == ["/new_password"]
    assert pointers(await change(rig, "short")) == ["/new_password"]
    assert pointers(await change(rig, OWN, other=1)) == ["/other"]
    problem(await sign_in(rig, PASSWORD), 403)


async def test_the_same_password_is_no_new_one_whatever_the_history(
    tmp_path: Path,
) -> None:
    async with running_api(tmp_path / "var", password_history=0) as rig:
        await newcomer(rig)
        assert pointers(await change(rig, PASSWORD)) == ["/new_password"]


async def test_guessing_by_changing_is_locked_like_guessing_by_signing_in(
    rig: Rig,
) -> None:
    await newcomer(rig)
    for _ in range(2):
        problem(await change(rig, OWN, password="wrong"), 401)
        problem(await sign_in(rig, "wrong"), 401)
    problem(await change(rig, OWN, password="wrong"), 401)
    problem(await change(rig, OWN), 429)
    problem(await sign_in(rig, PASSWORD), 429)


async def test_the_second_factor_is_asked_for(rig: Rig) -> None:
    await newcomer(rig)
    secret, me = one_time_codes.new_secret(), Actor(who="liu", role=Role.ADMIN)
    before = pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30))
    await second_factor.turn_on(rig.context, secret, before, me)
    assert "code" in problem(await change(rig, OWN), 401)["detail"]
    problem(await change(rig, OWN, code="000000"), 401)
    now = pyotp.TOTP(secret).now()
    assert (await change(rig, OWN, code=now)).status_code == 204


async def test_a_change_ends_every_token_and_is_in_the_log(rig: Rig) -> None:
    me = await rig.person(Role.OPERATOR, "liu")
    assert (await change(rig, OWN)).status_code == 204
    problem(await rig.http.get(PATHS[0], headers=me), 401)
    auditor = await rig.person(Role.AUDITOR)
    logged = await rig.http.get("/v1/admin/audit?target=users/liu", headers=auditor)
    assert logged.json()["items"][0]["action"] == "set-password"
    assert OWN not in logged.text


async def test_a_disabled_person_changes_nothing(rig: Rig) -> None:
    await newcomer(rig)
    admin = await rig.person(Role.ADMIN)
    off = {"enabled": False}
    await rig.http.patch("/v1/admin/users/liu", json=off, headers=admin)
    problem(await change(rig, OWN), 401)
    liu = await users.find_user(rig.context, "liu", SETUP)
    assert liu.must_renew
