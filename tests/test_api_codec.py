"""Temporal's codec endpoint: clear text for people who signed in, nobody else."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from core.codec import EncryptionCodec
from core.words import Role
from tests.api_rig import Headers, Rig, problem, running_api

UI = "http://127.0.0.1:8233"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var", temporal_ui_port=8233) as running:
        yield running


def payload(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())


async def coded(
    rig: Rig, how: str, payloads: list[Payload], headers: Headers
) -> httpx.Response:
    body = json_format.MessageToJson(Payloads(payloads=payloads))
    wanted = headers | {"content-type": "application/json", "x-namespace": "default"}
    return await rig.http.post(f"/v1/codec/{how}", content=body, headers=wanted)


def read(answer: httpx.Response) -> list[Payload]:
    assert answer.status_code == 200, answer.text
    return list(json_format.Parse(answer.text, Payloads()).payloads)


async def test_people_read_what_the_centre_wrote(rig: Rig) -> None:
    sealed = await EncryptionCodec(rig.centre.keyring).encode([payload("张三")])
    for role in Role:
        person = await rig.person(role)
        assert read(await coded(rig, "decode", sealed, person)) == [payload("张三")]
    (again,) = read(await coded(rig, "encode", [payload("李四")], person))
    assert "李四".encode() not in again.SerializeToString()
    opened = await EncryptionCodec(rig.centre.keyring).decode([again])
    assert opened == [payload("李四")]


async def test_nobody_else_reads_it(rig: Rig) -> None:
    sealed = await EncryptionCodec(rig.centre.keyring).encode([payload("x")])
    problem(await coded(rig, "decode", sealed, {}), 401)
    problem(await coded(rig, "decode", sealed, await rig.client("his")), 403)


async def test_what_is_no_payload_is_refused(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    for bent in (
        {"data": "AAAA", "metadata": {"encoding": "YmluYXJ5L2VuY3J5cHRlZA=="}},
        {
            "data": "AAAA",
            "metadata": {
                "encoding": "YmluYXJ5L2VuY3J5cHRlZA==",
                "encryption-key-id": "eA==",
            },
        },
        {"colour": "red"},
        {"data": 7},
        7,
    ):
        body = {"payloads": [bent]}
        answer = await rig.http.post("/v1/codec/decode", json=body, headers=admin)
        assert answer.status_code in (400, 422), answer.text
    others: list[Any] = [[], [{}], "payloads", None]
    for wrong in others:
        answer = await rig.http.post("/v1/codec/decode", json=wrong, headers=admin)
        problem(answer, 400)
        problem(answer, answer.status_code)


async def test_a_history_may_be_larger_than_a_message(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    large = payload("x" * 500_000)
    (sealed,) = read(await coded(rig, "encode", [large], admin))
    assert read(await coded(rig, "decode", [sealed], admin)) == [large]
    huge = payload("x" * 2_500_000)
    problem(await coded(rig, "encode", [huge], admin), 413)


async def test_only_the_web_ui_may_call_from_a_page(rig: Rig) -> None:
    asks = {"access-control-request-method": "POST", "origin": UI}
    asks["access-control-request-headers"] = "authorization,content-type,x-namespace"
    answer = await rig.http.options("/v1/codec/decode", headers=asks)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == UI
    other = asks | {"origin": "http://evil.example"}
    refused = await rig.http.options("/v1/codec/decode", headers=other)
    assert "access-control-allow-origin" not in refused.headers
    for path in ("/v1/messages", "/v1/session", "/v1/admin/clients"):
        answer = await rig.http.options(path, headers=asks)
        assert "access-control-allow-origin" not in answer.headers
        problem(answer, 405)
