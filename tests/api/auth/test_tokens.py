"""Tokens: getting one, and every way in which a call is not allowed with one."""

import base64
from typing import Any

import httpx

from centre.access import users
from centre.access.contracts import UserChanges
from centre.clients import secrets, service
from centre.clients.models import ClientChanges, NewClient
from core.words import Role, Scope
from tests.support.api.rig import PASSWORD, SETUP, Rig, bearer, problem

TOKEN = "/v1/token"
FORM = "application/x-www-form-urlencoded"


def form(made: NewClient, **more: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": made.appkey,
        "client_secret": made.appsecret,
    } | more


def basic(key: str, secret: str) -> dict[str, str]:
    pair = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def refusal(answer: httpx.Response, status: int, error: str) -> None:
    """Check an error of RFC 6749 section 5.2."""
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_client_gets_a_token_that_opens_its_endpoints(rig: Rig) -> None:
    made = await rig.new_client("his", scopes=["messages:send", "messages:read"])
    answer = await rig.http.post(TOKEN, data=form(made))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    assert token | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "messages:read messages:send",
    }
    assert (await rig.send(bearer(token["access_token"]))).status_code == 202


async def test_basic_and_scopes(rig: Rig) -> None:
    made = await rig.new_client("his", scopes=["messages:send", "messages:read"])
    grant = {"grant_type": "client_credentials"}
    narrow = grant | {"scope": "messages:read"}
    secret = basic(made.appkey, made.appsecret)
    answer = await rig.http.post(TOKEN, data=narrow, headers=secret)
    assert answer.json()["scope"] == "messages:read"
    problem(await rig.send(bearer(answer.json()["access_token"])), 403)
    for scope in ("messages:cancel", "everything", "messages:read x"):
        wide = grant | {"scope": scope}
        answer = await rig.http.post(TOKEN, data=wide, headers=secret)
        refusal(answer, 400, "invalid_scope")


async def test_token_requests_that_are_refused(rig: Rig) -> None:
    made = await rig.new_client("his")
    good, secret = form(made), basic(made.appkey, made.appsecret)
    answer = await rig.http.post(TOKEN, data=good, headers=secret)
    refusal(answer, 400, "invalid_request")
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"data": good | {"grant_type": "password"}}, 400, "unsupported_grant_type"),
        ({"data": good | {"grant_type": ""}}, 400, "invalid_request"),
        ({"data": good | {"client_secret": "wrong"}}, 401, "invalid_client"),
        ({"data": good | {"client_secret": ""}}, 401, "invalid_client"),
        ({"data": good | {"client_id": "ak_unknown"}}, 401, "invalid_client"),
        ({"data": good | {"client_id": "\x00"}}, 400, "invalid_request"),
        ({"data": good | {"client_id": "x" * 2000}}, 400, "invalid_request"),
        ({"data": good | {"client_id": "张三"}}, 400, "invalid_request"),
        ({"content": "grant_type=a&grant_type=b"}, 400, "invalid_request"),
        ({"content": "grant_type=%ff"}, 400, "invalid_request"),
        ({"content": b"grant_type=\xff"}, 400, "invalid_request"),
        ({"content": "&".join(f"a{n}=1" for n in range(99))}, 400, "invalid_request"),
    ]
    for request, status, error in cases:
        headers = {"content-type": FORM} if "content" in request else {}
        answer = await rig.http.post(TOKEN, **request, headers=headers)
        refusal(answer, status, error)
    grant = {"grant_type": "client_credentials"}
    for header in ("Basic", "Basic !", "Basic " + "x" * 99, "Bearer x", "Basic w4Q="):
        answer = await rig.http.post(
            TOKEN, data=grant, headers={"Authorization": header}
        )
        refusal(answer, 401, "invalid_client")
    problem(await rig.http.post(TOKEN, json=good), 415)


async def test_guessing_is_slowed_down(rig: Rig) -> None:
    made, other = await rig.new_client("his"), await rig.new_client("lis")
    wrong = form(made) | {"client_secret": "wrong"}
    for _ in range(10):
        refusal(await rig.http.post(TOKEN, data=wrong), 401, "invalid_client")
    problem(await rig.http.post(TOKEN, data=wrong), 429)
    problem(await rig.http.post(TOKEN, data=form(made)), 429)
    assert (await rig.http.post(TOKEN, data=form(other))).is_success
    for n in range(90):
        unknown = wrong | {"client_id": f"ak_{n}"}
        refusal(await rig.http.post(TOKEN, data=unknown), 401, "invalid_client")
    problem(await rig.http.post(TOKEN, data=wrong | {"client_id": "ak_last"}), 429)
    # What others at this address get wrong keeps no system out.
    assert (await rig.http.post(TOKEN, data=form(other))).is_success


async def test_a_client_is_held_to_its_addresses(rig: Rig) -> None:
    inside = await rig.new_client("his", cidrs=["127.0.0.0/8", "::1/128"])
    outside = await rig.new_client("lis", cidrs=["10.0.0.0/8"])
    assert (await rig.http.post(TOKEN, data=form(inside))).is_success
    assert (await rig.send(rig.as_client(inside))).status_code == 202
    answer = await rig.http.post(TOKEN, data=form(outside))
    refusal(answer, 401, "invalid_client")
    problem(await rig.send(rig.as_client(outside)), 403)
    spoofed = rig.as_client(outside) | {"X-Forwarded-For": "10.1.1.1"}
    problem(await rig.send(spoofed), 403)


async def test_a_revoked_client_is_out_at_once(rig: Rig) -> None:
    made = await rig.new_client("his")
    headers = rig.as_client(made)
    assert (await rig.send(headers)).status_code == 202
    (secret,) = await secrets.secrets_of(rig.context, "his")
    await secrets.revoke_secret(rig.context, "his", secret.id, SETUP)
    problem(await rig.send(headers), 401)
    refusal(await rig.http.post(TOKEN, data=form(made)), 401, "invalid_client")
    other = await rig.new_client("lis")
    off = ClientChanges(enabled=False)
    await service.update_client(rig.context, "lis", off, SETUP)
    problem(await rig.send(rig.as_client(other)), 401)


async def test_a_scope_taken_away_is_gone_at_once(rig: Rig) -> None:
    made = await rig.new_client("his")
    fewer = ClientChanges(scopes=frozenset({Scope.MESSAGES_READ}))
    client = await service.update_client(rig.context, "his", fewer, SETUP)
    current = made.model_copy(update={"client": client})
    answer = await rig.send(rig.as_client(current, Scope.MESSAGES_SEND))
    problem(answer, 403)


async def session(rig: Rig, username: str, password: str) -> httpx.Response:
    body = {"username": username, "password": password}
    return await rig.http.post("/v1/session", json=body)


async def test_a_person_signs_in_with_a_role(rig: Rig) -> None:
    await rig.person(Role.AUDITOR, "zhao")
    answer = await session(rig, "zhao", PASSWORD)
    token = answer.json()
    assert token | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 900,
        "role": "auditor",
    }
    me = bearer(token["access_token"])
    assert (await rig.http.get("/v1/admin/audit", headers=me)).is_success


async def test_sign_ins_that_fail_look_the_same_and_lock(rig: Rig) -> None:
    await rig.person(Role.AUDITOR, "zhao")
    known = problem(await session(rig, "zhao", "wrong"), 401)
    unknown = problem(await session(rig, "nobody", "wrong"), 401)
    assert known | {"instance": ""} == unknown | {"instance": ""}
    for _ in range(4):
        problem(await session(rig, "zhao", "wrong"), 401)
    problem(await session(rig, "zhao", PASSWORD), 429)


async def test_a_disabled_person_is_out_at_once(rig: Rig) -> None:
    await rig.person(Role.ADMIN)
    me = await rig.person(Role.OPERATOR, "qian")
    assert (await rig.http.get("/v1/messages", headers=me)).is_success
    off = UserChanges(enabled=False)
    await users.update_user(rig.context, "qian", off, SETUP)
    problem(await rig.http.get("/v1/messages", headers=me), 401)
    problem(await session(rig, "qian", PASSWORD), 401)
