"""Nothing that was sent comes back in errors, logs or figures (case 35)."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest
import structlog

from centre.flows.ports import Started
from core.models import Message
from core.process.logs import configure_logging
from core.words import Role
from tests.support.api.rig import BODY, Rig, problem
from tests.support.api.routes import routes

MARK = "MARKER王五"
_NAMES = """
type recipient identities name mobile params link detail title items reference
channels send_at reason filter client username password code scopes cidrs url callback
body fields provider_template strategy threshold weight channel message_types enabled
rate_per_minute limits message_type role payloads
"""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the API logs; logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            configure_logging("debug")
            yield out
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()


def marked(depth: int = 3) -> list[Any]:
    """Return bodies with the marker as every value that a route may know."""
    names = _NAMES.split()
    flat: Any = dict.fromkeys(names, MARK)
    bodies: list[Any] = [MARK, [MARK], flat]
    for _ in range(depth):
        flat = {name: flat if n % 2 else [flat] for n, name in enumerate(names[:6])}
        bodies.append({**dict.fromkeys(names, MARK), **flat})
    return [b for b in bodies if len(json.dumps(b)) < 60_000]


async def test_no_refusal_and_no_log_repeats_a_value(
    rig: Rig, log: io.StringIO
) -> None:
    callers = {True: await rig.person(Role.ADMIN), False: await rig.client("his")}
    rig.flows.served = {"his": 1}
    for route in routes():
        headers = callers[route.template.startswith(("/v1/admin", "/v1/codec"))]
        for body in marked():
            answer = await rig.http.request(
                route.method, route.path, json=body, headers=headers
            )
            place = f"{route.method} {route.template}"
            assert answer.status_code < 500, place
            assert MARK not in answer.text, place
            assert "MARKER" not in answer.text, place
    for query in (f"status={MARK}", f"recipient=mobile:{MARK}", f"{MARK}=1"):
        answer = await rig.http.get(f"/v1/messages?{query}", headers=callers[False])
        assert "MARKER" not in problem(answer, 422)["errors"][0]["detail"]
    for place in (MARK, "MARKER"):
        await rig.http.get(f"/v1/admin/clients/{place}", headers=callers[True])
    await rig.http.get("/v1/admin/clients/13800138000", headers=callers[True])
    assert "13800138000" not in log.getvalue()
    assert "MARKER" not in (await rig.http.get("/metrics")).text
    assert "MARKER" not in log.getvalue()


async def test_an_accepted_message_leaves_no_person_in_the_log(
    rig: Rig, log: io.StringIO
) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    await rig.http.get(f"/v1/messages/{message_id}?x", headers=his)
    await rig.http.get("/v1/messages?recipient=13800138000", headers=his)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    text = log.getvalue()
    for value in ("张三", "13800138000", "2 号楼", his["Authorization"][-20:]):
        assert json.dumps(value)[1:-1] not in text
    assert {"method", "route", "status", "ms", "request_id"} <= lines[-1].keys()
    assert str(message_id) in text


class Broken:
    """A seam that fails in a way nobody expected."""

    async def start(self, message: Message) -> Started:
        raise KeyError(message.recipient.name)


async def test_what_nobody_expected_is_a_500_without_a_word(
    rig: Rig, log: io.StringIO
) -> None:
    his = await rig.client("his")
    rig.flows.start = Broken().start  # type: ignore[method-assign]
    body = BODY | {"recipient": {"identities": {"mobile": "13800138000"}, "name": MARK}}
    answer = await rig.http.post("/v1/messages", json=body, headers=his)
    document = problem(answer, 500)
    assert "KeyError" not in answer.text
    text = log.getvalue()
    assert "KeyError" in text
    assert document["instance"].removeprefix("urn:uuid:") in text
    assert json.dumps(MARK)[1:-1] not in text
    assert "MARKER" not in text


async def test_every_answer_has_safe_headers(rig: Rig) -> None:
    for path in ("/health/live", "/nowhere", "/openapi.json", "/v1/messages"):
        answer = await rig.http.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-request-id"]
