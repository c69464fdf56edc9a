"""`POST /v1/session` with a second factor, and what administrators do about it."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pyotp
import pytest

from centre.access import one_time_codes, second_factor
from centre.audit.audit import Actor
from core.words import Role
from tests.support.api.administrator import Desk
from tests.support.api.rig import PASSWORD, problem, running_api

SUN = {"username": "sun", "password": PASSWORD}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_api(tmp_path / "var") as rig:
        await rig.person(Role.OPERATOR, "sun")
        yield Desk(rig, await rig.person(Role.ADMIN, "admin"))


async def turned_on(desk: Desk) -> str:
    secret = one_time_codes.new_secret()
    code = pyotp.TOTP(secret).at(int(time.time()) - 30)
    actor = Actor(who="sun", role=Role.OPERATOR)
    await second_factor.turn_on(desk.rig.context, secret, code, actor)
    return secret


async def sign_in(desk: Desk, **more: str) -> httpx.Response:
    return await desk.rig.http.post("/v1/session", json=SUN | more)


async def test_the_code_is_needed_and_counts_once(desk: Desk) -> None:
    secret = await turned_on(desk)
    assert "code" in problem(await sign_in(desk), 401)["detail"]
    problem(await sign_in(desk, code="000000"), 401)
    code = pyotp.TOTP(secret).now()
    answer = await sign_in(desk, code=code)
    assert answer.status_code == 200
    assert answer.json()["role"] == "operator"
    problem(await sign_in(desk, code=code), 401)


async def test_without_one_a_code_is_not_looked_at(desk: Desk) -> None:
    assert (await sign_in(desk, code="000000")).status_code == 200


async def test_an_administrator_turns_it_off(desk: Desk) -> None:
    await turned_on(desk)
    await desk.done("DELETE", "/users/sun/second-factor", status=204)
    assert (await sign_in(desk)).status_code == 200
    problem(await desk.ask("DELETE", "/users/nobody/second-factor"), 404)
    (user,) = (
        u for u in (await desk.done("GET", "/users"))["items"] if u["username"] == "sun"
    )
    assert user["two_factor"] is False


async def test_an_administrator_ends_every_token(desk: Desk) -> None:
    token = (await sign_in(desk)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await desk.rig.http.get("/v1/messages", headers=headers)).is_success
    await desk.done("DELETE", "/users/sun/sessions", status=204)
    problem(await desk.rig.http.get("/v1/messages", headers=headers), 401)


async def test_the_log_has_sign_ins_and_no_code(desk: Desk) -> None:
    secret = await turned_on(desk)
    code = pyotp.TOTP(secret).now()
    await sign_in(desk, code="123123")
    await sign_in(desk, code=code)
    found = await desk.ask("GET", "/audit", target="users/sun")
    actions = [entry["action"] for entry in found.json()["items"]]
    assert actions[:3] == ["sign-in", "sign-in-failed", "turn-on-two-factor"]
    assert not any(word in found.text for word in (secret, code, "123123", PASSWORD))


async def test_where_it_is_required_nobody_works_without_one(tmp_path: Path) -> None:
    async with running_api(tmp_path / "var", second_factor="required") as rig:
        await rig.person(Role.OPERATOR, "sun")
        desk = Desk(rig, {})
        assert "console" in problem(await sign_in(desk), 403)["detail"]
        secret = await turned_on(desk)
        answer = await sign_in(desk, code=pyotp.TOTP(secret).now())
        assert answer.status_code == 200
