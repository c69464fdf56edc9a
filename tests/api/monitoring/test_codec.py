"""Temporal's codec endpoint: clear text for who may look, and a record of it."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from centre.audit import audit
from centre.audit.audit import AuditFilter
from core.codec import EncryptionCodec
from core.words import Role
from tests.support.api.rig import Headers, Rig, problem


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


async def looks(rig: Rig) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Return who looked at what, newest first."""
    wanted = AuditFilter(action="look-history")
    async with rig.context.store.sessions() as session:
        found = await audit.list_audit(session, wanted)
    return [(e.actor.who, e.target, e.after) for e in found.items]


async def test_who_may_look_reads_what_the_centre_wrote(rig: Rig) -> None:
    sealed = await EncryptionCodec(rig.context.keyring).encode([payload("张三")])
    for role in (Role.OPERATOR, Role.ADMIN):
        person = await rig.person(role)
        assert read(await coded(rig, "decode", sealed, person)) == [payload("张三")]


async def test_only_an_administrator_makes_what_workers_believe(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    (again,) = read(await coded(rig, "encode", [payload("李四")], admin))
    assert "李四".encode() not in again.SerializeToString()
    opened = await EncryptionCodec(rig.context.keyring).decode([again])
    assert opened == [payload("李四")]
    for role in (Role.OPERATOR, Role.AUDITOR):
        person = await rig.person(role)
        problem(await coded(rig, "encode", [payload("李四")], person), 403)


async def test_nobody_else_reads_it(rig: Rig) -> None:
    sealed = await EncryptionCodec(rig.context.keyring).encode([payload("x")])
    problem(await coded(rig, "decode", sealed, {}), 401)
    problem(await coded(rig, "decode", sealed, await rig.client("his")), 403)
    auditor = await rig.person(Role.AUDITOR)
    refused = await coded(rig, "decode", sealed, auditor)
    assert "ADMIN" in problem(refused, 403)["detail"].upper()
    assert await looks(rig) == []


async def test_each_look_stands_in_the_audit_log(rig: Rig) -> None:
    sealed = await EncryptionCodec(rig.context.keyring).encode([payload("x")] * 2)
    operator = await rig.person(Role.OPERATOR)
    read(await coded(rig, "decode", [payload("clear")], operator))
    assert await looks(rig) == [], "what was in clear shows nothing"
    for _ in range(2):
        read(await coded(rig, "decode", sealed, operator))
    unnamed = ("operator", "histories", {"payloads": 2})
    assert await looks(rig) == [unnamed, unnamed]


async def test_the_calls_of_one_look_are_one_record(rig: Rig) -> None:
    sealed = await EncryptionCodec(rig.context.keyring).encode([payload("x")])
    message = uuid4()
    for role in (Role.OPERATOR, Role.ADMIN):
        named = await rig.person(role) | {"X-Workflow-Id": f"message-{message}"}
        calls = [coded(rig, "decode", sealed, named) for _ in range(8)]
        for answer in await asyncio.gather(*calls):
            read(answer)
    batch = named | {"X-Workflow-Id": "batch-7"}
    read(await coded(rig, "decode", sealed, batch))
    about = {"workflow": f"message-{message}", "run": None}
    assert await looks(rig) == [
        ("admin", "workflows/batch-7", {"workflow": "batch-7", "run": None}),
        ("admin", f"messages/{message}", about),
        ("operator", f"messages/{message}", about),
    ]


async def test_the_log_takes_no_text_for_a_workflow(rig: Rig) -> None:
    sealed = await EncryptionCodec(rig.context.keyring).encode([payload("x")])
    named = await rig.person(Role.ADMIN) | {"X-Workflow-Id": "Zhang San"}
    problem(await coded(rig, "decode", sealed, named), 422)
    assert await looks(rig) == []


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


async def test_no_page_of_another_origin_may_call(rig: Rig) -> None:
    """The Web UI has an address of its own below the console."""
    asks = {"access-control-request-method": "POST"}
    asks["access-control-request-headers"] = "authorization,content-type,x-namespace"
    for origin in ("http://127.0.0.1:8233", "http://evil.example"):
        answer = await rig.http.options(
            "/v1/codec/decode", headers=asks | {"origin": origin}
        )
        assert "access-control-allow-origin" not in answer.headers
        problem(answer, 405)
