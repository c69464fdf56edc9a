"""Large bodies: taken in from whom we know, read beside the event loop."""

import json

import pytest
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from api.http.request_guard import KIB, MIB, BodyLimits, Guard, Larger
from api.http.strict_json import AT_ONCE, MAX_SMALL_VALUES, MAX_VALUES, parse_json
from centre.receipts.address_queries import addresses
from core.errors import Forbidden, TooLarge
from core.words import Channel, Role
from tests.support.api.rig import BODY, Rig, problem

JSON = {"content-type": "application/json"}
LARGE = b"[" + b"{}," * 30_000 + b"{}]"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/batches", 401),
        ("/v1/codec/decode", 401),
        ("/v1/receipts/sms/guessed", 404),
        ("/v1/messages", 413),
        ("/v1/session", 413),
        ("/nowhere", 413),
    ],
)
async def test_a_strangers_large_body_is_refused_unread(
    rig: Rig, path: str, status: int
) -> None:
    malformed = b"[" * len(LARGE)  # whoever reads it answers 400
    for headers in ({}, {"authorization": "Bearer x.y.z"}):
        answer = await rig.http.post(path, content=malformed, headers=JSON | headers)
        problem(answer, status)


async def test_a_stranger_who_does_not_say_how_much_comes_is_cut_off() -> None:
    guarded = Guarded()
    pieces = [b"x" * KIB] * 200
    assert await guarded.status(pieces) == 403
    assert guarded.taken == 65


async def test_to_the_last_byte_where_nothing_is_free() -> None:
    guarded = Guarded(free=0)
    assert await guarded.status([b"x", b"y"]) == 403
    assert guarded.taken == 1


async def test_who_is_known_sends_a_large_body(rig: Rig) -> None:
    his = await rig.client("his", scopes=["batches:send"])
    people = [
        {"identities": {"mobile": "13800138000"}, "params": BODY["params"]}
        for _ in range(2000)
    ]
    body = json.dumps({"type": BODY["type"], "recipients": people}).encode()
    assert len(body) > AT_ONCE
    answer = await rig.http.post("/v1/batches", content=body, headers=JSON | his)
    assert answer.status_code == 202, answer.text
    assert answer.json()["count"] == 2000
    wrong = await rig.http.post("/v1/batches", content=LARGE, headers=JSON | his)
    problem(wrong, 422)
    deep = await rig.http.post(
        "/v1/batches", content=b"[" * 40 + LARGE, headers=JSON | his
    )
    problem(deep, 400)


async def test_a_person_sends_the_codec_more_than_a_message_may_have(rig: Rig) -> None:
    admin = await rig.person(Role.ADMIN)
    body = json.dumps({"payloads": [{"data": "AAAA" * 20_000}]})
    answer = await rig.http.post("/v1/codec/encode", content=body, headers=JSON | admin)
    assert answer.status_code == 200, answer.text


async def test_a_providers_address_is_its_authentication(rig: Rig) -> None:
    async with rig.context.store.sessions() as session:
        found = await addresses(session, rig.context.settings, Channel.SMS)
    path = next(a.url for a in found if a.provider == "aliyun").split("/v1/")[1]
    body = b"[" + b'{"biz_id": "7", "success": true},' * 2500 + b"{}]"
    problem(await rig.http.post(f"/v1/{path}", content=body), 400)  # too many
    body = b'[{"biz_id": "7", "success": true, "x": "' + b"x" * 70_000 + b'"}]'
    answer = await rig.http.post(f"/v1/{path}", content=body)
    assert answer.json()["code"] == 0


def test_more_values_than_anybody_needs_are_refused_before_they_are_made() -> None:
    for unit in (b"{},", b"[],", b'"",', b"1,", b'{"":1},', b"[[]],"):
        with pytest.raises(TooLarge):
            parse_json(b"[" + unit * MAX_VALUES + b"1]")
    assert len(parse_json(b"[" + b"1," * (MAX_VALUES - 2) + b"1]")) == MAX_VALUES - 1


async def test_a_small_body_holds_no_more_values_than_are_told_of_at_once(
    rig: Rig,
) -> None:
    """Each wrong one makes an error: twenty thousand of them held the loop."""
    admin = await rig.person(Role.ADMIN)
    for count, status in ((MAX_SMALL_VALUES // 2 - 10, 422), (MAX_SMALL_VALUES, 413)):
        body = b'{"recipients":[' + b"{}," * count + b"{}]}"
        answer = await rig.http.put(
            "/v1/admin/watch/recipients", content=body, headers=JSON | admin
        )
        problem(answer, status)


def test_every_known_large_path_asks_who_sends() -> None:
    limits = BodyLimits(larger={"/all/": Larger(MIB, _nobody)})
    assert limits.of("/all/x").known is _nobody
    assert limits.of("/other").size == limits.of("/other").free


async def _nobody(_: HTTPConnection) -> None:
    raise Forbidden("Nobody may.")


class Guarded:
    """A guard that knows nobody, and how much of a body it took."""

    def __init__(self, free: int = 64 * KIB) -> None:
        larger = Larger(MIB, _nobody, free=free, raw=True)
        self._guard = Guard(self._application, BodyLimits(larger={"/large": larger}))
        self.taken = 0

    async def status(self, pieces: list[bytes]) -> int:
        """Return what a body that comes in pieces is answered with."""
        answers: list[Message] = []
        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": "/large",
            "raw_path": b"/large",
            "query_string": b"",
            "headers": [],
        }
        left = list(pieces)

        async def receive() -> Message:
            self.taken += 1
            body = left.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(left)}

        async def send(message: Message) -> None:
            answers.append(message)

        await self._guard(scope, receive, send)
        status: int = answers[0]["status"]
        return status

    async def _application(self, _: Scope, __: Receive, ___: Send) -> None:
        raise AssertionError("the guard let it through")
