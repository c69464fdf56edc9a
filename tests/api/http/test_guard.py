"""Malformed requests: whatever comes in, on whichever route, gets a 4xx."""

import asyncio
import gzip
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from api.http.request_guard import BodyLimits, Guard
from api.http.strict_json import MAX_DEPTH, parse_json
from core.errors import Malformed
from core.words import Role
from tests.support.api.rig import BODY, Rig, problem
from tests.support.api.routes import Route, routes

MARK = "MARKER"
JSON = {"content-type": "application/json"}
GOOD = json.dumps(BODY).encode()

# Faults and standards, table B5: name, body, headers, the status it gets.
TABLE: list[tuple[str, bytes, dict[str, str], int]] = [
    ("NUL", rb'{"a": "MARKER\u0000"}', {}, 400),
    ("NUL in a key", rb'{"MARKER\u0000": 1}', {}, 400),
    ("raw NUL", b'{"a": "MARKER\x00"}', {}, 400),
    ("lone surrogate", rb'{"a": "MARKER\ud800"}', {}, 400),
    ("NaN", b'{"MARKER": NaN}', {}, 400),
    ("Infinity", b'{"MARKER": -Infinity}', {}, 400),
    ("float out of range", b'{"MARKER": 1e999}', {}, 400),
    ("5,000 digits", b'{"MARKER": ' + b"9" * 5000 + b"}", {}, 400),
    ("more than 64 bits", b'{"MARKER": ' + b"9" * 20 + b"}", {}, 400),
    ("duplicate keys", b'{"MARKER": 1, "MARKER": 2}', {}, 400),
    ("deep", b"[" * 33 + b"]" * 33, {}, 400),
    ("very deep", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, {}, 400),
    ("unclosed", b"[" * 30_000, {}, 400),
    ("UTF-16", '{"a": "MARKER"}'.encode("utf-16"), {}, 400),
    ("UTF-16 without BOM", '{"a": 1}'.encode("utf-16-le"), {}, 400),
    ("BOM", b'\xef\xbb\xbf{"a": "MARKER"}', {}, 400),
    ("invalid UTF-8", b'{"a": "MARKER\xff"}', {}, 400),
    ("overlong UTF-8", b'{"a": "\xc0\x80"}', {}, 400),
    ("surrogate in UTF-8", b'{"a": "\xed\xa0\x80"}', {}, 400),
    ("not JSON", b"MARKER", {}, 400),
    ("two texts", b"{} {}", {}, 400),
    ("single quotes", b"{'a': 1}", {}, 400),
    ("gzip", gzip.compress(GOOD), {"content-encoding": "gzip"}, 415),
    ("said to be gzip", GOOD, {"content-encoding": "identity, gzip"}, 415),
    ("text", GOOD, {"content-type": "text/plain"}, 415),
    ("form", b"a=MARKER", {"content-type": "application/x-www-form-urlencoded"}, 415),
    ("multipart", b"--x--", {"content-type": "multipart/form-data; boundary=x"}, 415),
    ("other charset", GOOD, {"content-type": "application/json; charset=gbk"}, 415),
    ("no type", GOOD, {"content-type": ""}, 415),
    ("too large", b'{"a": "' + b"x" * 3_000_000 + b'"}', {}, 413),
    ("length not a number", GOOD, {"content-length": "-1"}, 400),
]
# A body that is JSON, and is not what any route wants.
ODD = [b"null", b"[]", b"1", b'"x"', b'{"MARKER": {}}', b'{"code": 1, "name": []}']


def with_body() -> list[Route]:
    return [route for route in routes() if route.takes_body]


async def test_table_b5_on_every_route(rig: Rig) -> None:
    callers = {True: await rig.person(Role.ADMIN), False: await rig.client("his")}
    checked = 0
    for route in with_body():
        if route.template.startswith("/v1/receipts/"):
            continue  # each provider's own format: tests/api/messages/test_receipts.py
        headers = callers[route.template.startswith("/v1/admin")]
        for name, body, more, wanted in TABLE:
            if name == "too large" and route.template == "/v1/batches":
                continue  # it takes more: tests/api/messages/test_batches.py
            answer = await rig.http.request(
                route.method,
                route.path,
                content=body,
                headers=JSON | headers | more,
            )
            place = f"{route.method} {route.template}: {name}"
            if route.template == "/v1/token":
                assert 400 <= answer.status_code < 500, place
            else:
                assert answer.status_code == wanted, place
                problem(answer, wanted)
            assert MARK not in answer.text, place
            checked += 1
    assert checked > 25 * 20
    assert not rig.flows.accepted


async def test_odd_json_on_every_route(rig: Rig) -> None:
    callers = {True: await rig.person(Role.ADMIN), False: await rig.client("his")}
    for route in with_body():
        headers = callers[route.template.startswith("/v1/admin")]
        for body in ODD:
            answer = await rig.http.request(
                route.method, route.path, content=body, headers=JSON | headers
            )
            place = f"{route.method} {route.template}: {body!r}"
            assert answer.status_code < 500, place
            if answer.status_code not in (200, 201, 202, 204):
                problem(answer, answer.status_code)
            if "MARKER" in answer.text:  # a field's name may be told, no value
                assert '"pointer":"/MARKER"' in answer.text, place


async def test_a_query_is_clean_utf8(rig: Rig) -> None:
    his = await rig.client("his")
    for query in (
        "q=%00",
        "q=%ff",
        "q=%ed%a0%80",
        "q=%0d%0aSet-Cookie:x",
        "%00=1",
        "limit=%1b[0m",
    ):
        problem(await rig.http.get(f"/v1/messages?{query}", headers=his), 400)


async def test_a_path_is_clean_utf8(rig: Rig) -> None:
    for path in ("/v1/%00", "/m/%ff", "/v1/admin/clients/%c0%80"):
        problem(await rig.http.get(path), 400)


async def test_too_many_headers(rig: Rig) -> None:
    many = [(f"x-{n}", "v") for n in range(200)]
    problem(await rig.http.get("/health/live", headers=many), 431)
    long = {"x-long": "v" * 40_000}
    problem(await rig.http.get("/health/live", headers=long), 431)


async def test_a_good_body_passes(rig: Rig) -> None:
    his = await rig.client("his")
    for kind in ("application/json", 'Application/JSON; charset="UTF-8"'):
        answer = await rig.http.post(
            "/v1/messages", content=GOOD, headers=his | {"content-type": kind}
        )
        assert answer.status_code == 202, answer.text


class Exchange:
    """One request to a guard, piece by piece, and the answer."""

    def __init__(self, pieces: Sequence[bytes], pause: float = 0) -> None:
        self._pieces = list(pieces)
        self._pause = pause
        self.taken = 0
        self.passed: bytes | None = None
        self.status = 0
        self.headers: dict[bytes, bytes] = {}

    async def run(
        self, limits: BodyLimits, headers: Sequence[tuple[bytes, bytes]]
    ) -> None:
        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/messages",
            "raw_path": b"/v1/messages",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), *headers],
        }
        await Guard(self._application, limits)(scope, self._receive, self._send)

    async def _application(self, _: Scope, receive: Receive, __: Send) -> None:
        self.passed = (await receive())["body"]

    async def _receive(self) -> Message:
        await asyncio.sleep(self._pause)
        self.taken += 1
        if not self._pieces:
            return {"type": "http.disconnect"}
        piece = self._pieces.pop(0)
        more = bool(self._pieces)
        return {"type": "http.request", "body": piece, "more_body": more}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.headers |= dict(message.get("headers", ()))


async def test_an_endless_body_is_cut_at_the_limit() -> None:
    exchange = Exchange([b"x" * 1024] * 10_000)
    await exchange.run(BodyLimits(), [])
    assert (exchange.status, exchange.passed) == (413, None)
    assert exchange.taken == 65


async def test_a_large_body_is_refused_unread() -> None:
    exchange = Exchange([b"x"])
    await exchange.run(BodyLimits(), [(b"content-length", b"52428800")])
    assert (exchange.status, exchange.taken) == (413, 0)


async def test_a_body_of_two_lengths_is_refused_and_the_connection_closed() -> None:
    exchange = Exchange([b"{}"])
    both = [(b"content-length", b"2"), (b"transfer-encoding", b"chunked")]
    await exchange.run(BodyLimits(), both)
    assert (exchange.status, exchange.headers[b"connection"]) == (400, b"close")


async def test_a_body_that_drips_is_given_up() -> None:
    exchange = Exchange([b"["] * 1000, pause=0.01)
    await exchange.run(BodyLimits(whole_body=timedelta(seconds=0.05)), [])
    assert (exchange.status, exchange.passed) == (408, None)


async def test_a_caller_that_hangs_up_gets_no_answer() -> None:
    exchange = Exchange([])
    await exchange.run(BodyLimits(), [])
    assert (exchange.status, exchange.passed) == (0, None)


async def test_pieces_are_put_together() -> None:
    exchange = Exchange([b'{"a"', b": ", b"1}"])
    await exchange.run(BodyLimits(), [])
    assert (exchange.status, exchange.passed) == (0, b'{"a": 1}')


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_json_that_json_writes_passes(value: Any) -> None:
    parse_json(json.dumps(value).encode())
    parse_json(json.dumps(value, ensure_ascii=False).encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_malformed(body: bytes) -> None:
    try:
        parse_json(body)
    except Malformed:
        return
    json.loads(body)


def test_brackets_in_texts_are_no_depth() -> None:
    parse_json(json.dumps({"a": "[" * 100 + '\\"' + "{" * 100}).encode())
    parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    with pytest.raises(Malformed):
        parse_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


pieces = st.sampled_from(
    ["\\\\", '\\"', "\\ud83d", "\\uDE00", "\\u0000", "\\u4e2d", "a", "u0000", "\\n"]
)


def sound(text: str) -> bool:
    """Tell whether UTF-8, and so every database, can hold a text; no NUL."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


@given(st.lists(pieces, max_size=8).map("".join))
def test_escapes_that_no_text_can_hold_are_malformed(escapes: str) -> None:
    for body in (f'"{escapes}"', f'{{"{escapes}": ["x", "{escapes}"]}}'):
        if sound(json.loads(f'"{escapes}"')):
            parse_json(body.encode())
        else:
            with pytest.raises(Malformed):
                parse_json(body.encode())
