"""Administration: each resource is changed, read back and recorded."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from centre.seeds.seeds import seed
from core.words import Channel, IdentityType, Role
from tests.support.api.administrator import Desk
from tests.support.api.rig import (
    BODY,
    bearer,
    pointers,
    problem,
    running_api,
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_api(tmp_path / "var") as rig:
        yield Desk(rig, await rig.person(Role.ADMIN))


async def token(desk: Desk, key: str, secret: str) -> httpx.Response:
    form = {"client_id": key, "client_secret": secret}
    grant = {"grant_type": "client_credentials"}
    return await desk.rig.http.post("/v1/token", data=form | grant)


async def test_a_client_joins_and_sends(desk: Desk) -> None:
    body = {
        "code": "his",
        "name": "HIS",
        "scopes": ["messages:send"],
        "message_types": ["exam-booking"],
        "cidrs": ["127.0.0.0/8"],
        "rate_per_minute": 60,
        "callback": {"url": "http://10.0.0.5:8080/cb", "allow": ["10.0.0.0/8:8080"]},
    }
    made = await desk.done("POST", "/clients", body, 201)
    assert made["appkey"]
    assert made["callback_secret"].startswith("whsec_")
    answer = await token(desk, made["appkey"], made["appsecret"])
    sent = await desk.rig.send(bearer(answer.json()["access_token"]))
    assert sent.status_code == 202
    shown = await desk.done("GET", "/clients/his")
    assert shown["name"] == "HIS"
    listed = await desk.done("GET", "/clients")
    assert [c["code"] for c in listed["items"]] == ["his"]
    assert listed["next"] is None
    for document in (shown, listed, await desk.done("GET", "/audit")):
        assert made["appsecret"] not in str(document)
        assert made["callback_secret"] not in str(document)
    problem(await desk.ask("POST", "/clients", body), 409)
    problem(await desk.ask("GET", "/clients/lis"), 404)


async def test_secrets_rotate_and_are_revoked(desk: Desk) -> None:
    body = {"code": "his", "name": "HIS"}
    made = await desk.done("POST", "/clients", body, 201)
    second = await desk.done("POST", "/clients/his/secrets", None, 201)
    for secret in (made["appsecret"], second["appsecret"]):
        assert (await token(desk, made["appkey"], secret)).is_success
    at_once = {"overlap_hours": 0}
    third = await desk.done("POST", "/clients/his/secrets", at_once, 201)
    assert (await token(desk, made["appkey"], made["appsecret"])).status_code == 401
    assert (await token(desk, made["appkey"], third["appsecret"])).is_success
    await desk.done("DELETE", f"/clients/his/secrets/{third['id']}", None, 204)
    assert (await token(desk, made["appkey"], third["appsecret"])).status_code == 401
    listed = await desk.done("GET", "/clients/his/secrets")
    assert len(listed["items"]) == 3
    assert "appsecret" not in str(listed)
    gone = await desk.ask("DELETE", f"/clients/his/secrets/{UUID(int=1)}")
    problem(gone, 404)
    problem(await desk.ask("DELETE", "/clients/his/secrets/x"), 404)


async def test_a_client_is_changed_and_disabled(desk: Desk) -> None:
    his = await desk.rig.client("his")
    changed = await desk.done("PATCH", "/clients/his", {"name": "新 HIS"})
    assert (changed["name"], changed["enabled"]) == ("新 HIS", True)
    assert (await desk.rig.send(his)).status_code == 202
    await desk.done("PATCH", "/clients/his", {"enabled": False})
    problem(await desk.rig.send(his), 401)
    for body in ({"code": "x"}, {"epoch": 9}, {"appkey": "x"}, {"created_at": "x"}):
        (name,) = body
        assert pointers(await desk.ask("PATCH", "/clients/his", body)) == [f"/{name}"]


NO_CLIENT: list[tuple[dict[str, Any], str]] = [
    ({"code": "HIS"}, "/code"),
    ({"code": "-x"}, "/code"),
    ({"code": "x" * 65}, "/code"),
    ({"code": "his\n"}, "/code"),
    ({"code": "../x"}, "/code"),
    ({"name": ""}, "/name"),
    ({"name": "x" * 200}, "/name"),
    ({"scopes": ["everything"]}, "/scopes/0"),
    ({"cidrs": ["10.0.0.0/99"]}, "/cidrs/0"),
    ({"rate_per_minute": True}, "/rate_per_minute"),
    ({"rate_per_minute": "60"}, "/rate_per_minute"),
    ({"rate_per_minute": 0}, "/rate_per_minute"),
    ({"rate_per_minute": 2**62}, "/rate_per_minute"),
    ({"callback": {"url": "http://127.1/", "allow": []}}, "/callback/url"),
    ({"callback": {"url": "file:///etc", "allow": ["x"]}}, "/callback/url"),
    ({"appsecret": "mine"}, "/appsecret"),
]


async def test_a_client_that_makes_no_sense(desk: Desk) -> None:
    for change, place in NO_CLIENT:
        body = {"code": "his", "name": "HIS"} | change
        refused = await desk.ask("POST", "/clients", body)
        assert pointers(refused) == [place], change


async def test_a_message_type_from_nothing_to_a_message(desk: Desk) -> None:
    body = {"code": "queue-call", "name": "到号提醒", "priority": "high"}
    made = await desk.done("POST", "/message-types", body, 201)
    assert (made["priority"], made["enabled"]) == ("high", True)
    problem(await desk.ask("POST", "/message-types", body), 409)
    his = await desk.rig.client("his")
    message = BODY | {"type": "queue-call", "params": {"no": "12"}}
    policy = {
        "strategy": "broadcast",
        "threshold": 0.5,
        "channels": [{"channel": "sms", "weight": 1}],
        "confirm": {"sms": {"receipt": True, "within_seconds": 30}},
    }
    path = "/message-types/queue-call"
    assert (await desk.done("PUT", f"{path}/policy", policy))["version"] == 1
    assert (await desk.done("PUT", f"{path}/policy", policy))["version"] == 2
    assert (await desk.done("GET", f"{path}/policy"))["version"] == 2
    versions = await desk.done("GET", f"{path}/policy/versions")
    assert {v["policy"]["version"] for v in versions["items"]} >= {1, 2}
    template = {"title": "到号", "body": "请 {{no}} 号就诊"}
    made = await desk.done("PUT", f"{path}/templates/sms", template)
    assert (made["version"], made["enabled"]) == (1, True)
    assert (await desk.done("PUT", f"{path}/templates/sms", template))["version"] == 2
    listed = await desk.done("GET", f"{path}/templates/sms")
    assert {t["version"] for t in listed["items"]} == {1, 2}
    shown = await desk.done("GET", path)
    assert shown["placeholders"] == ["no"]
    assert shown["policy"]["version"] == 2
    assert (
        await desk.rig.http.post("/v1/messages", json=message, headers=his)
    ).is_success
    await desk.done("PATCH", path, {"enabled": False})
    refused = await desk.rig.http.post("/v1/messages", json=message, headers=his)
    assert pointers(refused) == ["/type"]


async def test_templates_are_switched_and_previewed(desk: Desk) -> None:
    path = "/message-types/exam-booking/templates/sms"
    assert (await desk.done("POST", f"{path}/disable"))["enabled"] is False
    shown = await desk.done("GET", "/message-types/exam-booking")
    assert shown["templates"]["sms"]["enabled"] is False
    assert (await desk.done("POST", f"{path}/enable", {}))["enabled"] is True
    params = {"exam": "CT", "place": "{{exam}}"}
    preview = await desk.done("POST", f"{path}/preview", {"params": params})
    assert preview["body"] == "请到 {{exam}} 做 CT"
    refused = await desk.ask("POST", f"{path}/preview", {"params": {"x": "1"}})
    assert pointers(refused) == ["/params/exam", "/params/place", "/params/x"]
    other = "/message-types/exam-booking/templates/voice"
    for action in ("enable", "disable", "preview"):
        problem(await desk.ask("POST", f"{other}/{action}", {}), 404)
    problem(
        await desk.ask("PUT", "/message-types/no/templates/sms", {"body": "x"}), 404
    )


NO_POLICY: list[tuple[dict[str, Any], list[str]]] = [
    ({"channels": []}, ["/channels"]),
    ({"channels": [{"channel": "fax", "weight": 1}]}, ["/channels/0/channel"]),
    ({"channels": [{"channel": "sms", "weight": 1.5}]}, ["/channels/0/weight"]),
    ({"channels": [{"channel": "sms", "weight": "1"}]}, ["/channels/0/weight"]),
    ({"channels": [{"channel": "sms", "weight": True}]}, ["/channels/0/weight"]),
    ({"channels": [{"channel": "sms", "weight": 1}] * 2}, ["/channels"]),
    ({"threshold": -0.1}, ["/threshold"]),
    ({"strategy": "loud"}, ["/strategy"]),
    ({"confirm": {"wecom": {}}}, ["/confirm/wecom"]),
    ({"confirm": {"sms": {"within_seconds": 0}}}, ["/confirm/sms/within_seconds"]),
    ({"version": -1}, ["/version"]),
]


async def test_a_policy_that_makes_no_sense(desk: Desk) -> None:
    good = {"channels": [{"channel": "sms", "weight": 0.5}]}
    path = "/message-types/exam-booking/policy"
    before = await desk.done("GET", path)
    for change, places in NO_POLICY:
        refused = await desk.ask("PUT", path, good | change)
        assert pointers(refused) == places, change
    assert await desk.done("GET", path) == before


async def test_the_dictionaries(desk: Desk) -> None:
    async with desk.rig.context.store.sessions.begin() as session:
        await seed(session)
    channels = await desk.done("GET", "/channels")
    assert [c["code"] for c in channels["items"]] == [str(c) for c in Channel]
    body = {"enabled": False, "cost_per_message": 0.045, "limits": {"per_day": 5}}
    changed = await desk.done("PATCH", "/channels/sms", body)
    assert changed | body == changed
    kinds = await desk.done("GET", "/identity-types")
    assert {k["code"] for k in kinds["items"]} == set(IdentityType)
    off = await desk.done("PATCH", "/identity-types/landline", {"enabled": False})
    assert off["enabled"] is False
    for wrong, place in (
        ({"cost_per_message": "0"}, "/cost_per_message"),
        ({"cost_per_message": -1}, "/cost_per_message"),
        ({"limits": {"per_day": True}}, "/limits/per_day"),
        ({"enabled": 1}, "/enabled"),
        ({"code": "x"}, "/code"),
    ):
        assert pointers(await desk.ask("PATCH", "/channels/sms", wrong)) == [place]
