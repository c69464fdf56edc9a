"""Workstation pop-ups against a scripted gateway."""

import hashlib
import hmac
import json

import httpx
import pytest

from channels.base import Acceptance
from channels.hospital.workstation import STATUSES, WorkstationSender, signature
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel, Priority
from tests.support.channels.fakes import (
    CONTENT,
    GARBAGE,
    LINK,
    NOW,
    SENDING_ID,
    WORKSTATION,
    Clock,
    Provider,
    Row,
    answering,
    each,
    refusal_of,
    reply,
    sending,
)

SENDING = sending(Channel.WORKSTATION)
OK = {"id": str(SENDING_ID)}
TAKEN = Acceptance(provider="workstation", provider_message_id=str(SENDING_ID))


async def send(*answers: httpx.Response | Exception) -> tuple[Acceptance, Provider]:
    provider = Provider(answers)
    async with answering(provider) as http:
        sender = WorkstationSender(WORKSTATION, http, Clock())
        return await sender.send(SENDING), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    return await refusal_of(send(*answers))


async def test_the_request() -> None:
    taken, provider = await send(reply(OK))
    (request,) = provider.requests
    assert (request.method, request.url.path) == ("POST", "/workstation/messages")
    assert json.loads(request.content) == {
        "type": "msg",
        "id": str(SENDING_ID),
        "message_id": "00000000-0000-0000-0000-000000000007",
        "recipient": {"type": "workstation_id", "value": "WS-07"},
        "level": "normal",
        "title": CONTENT.title,
        "body": CONTENT.body,
        "link": LINK,
        "need_ack": False,
    }
    timestamp = str(int(NOW.timestamp()))
    signed = f"{SENDING_ID}.{timestamp}.".encode() + request.content
    digest = hmac.new(b"sandbox-secret", signed, hashlib.sha256).hexdigest()
    assert request.headers["x-mc-id"] == str(SENDING_ID)
    assert request.headers["x-mc-timestamp"] == timestamp
    assert request.headers["x-mc-signature"] == f"v1={digest}"
    assert taken == TAKEN


async def test_a_critical_value_wants_an_acknowledgement() -> None:
    provider = Provider([reply(OK)])
    async with answering(provider) as http:
        critical = sending(Channel.WORKSTATION, priority=Priority.CRITICAL)
        await WorkstationSender(WORKSTATION, http).send(critical)
    body = json.loads(provider.requests[0].content)
    assert (body["level"], body["need_ack"]) == ("critical", True)


@pytest.mark.parametrize(
    "answer",
    [reply(OK), reply({}, 202), httpx.Response(204), httpx.Response(409, text="seen")],
)
async def test_taken(answer: httpx.Response) -> None:
    taken, _ = await send(answer)
    assert taken == TAKEN


TABLE: list[Row] = [
    *each("410", RecipientRefused),
    *each("429", RateLimited, 30),
    *each("400 413 415 422", ContentRefused),
    *each("403 404 405 418 301 302", Misconfigured),
    *each("408 500 502 503 504 599", ProviderDown),
]


@pytest.mark.parametrize(("status", "error", "wait"), TABLE)
async def test_statuses(
    status: str, error: type[DeliveryError], wait: float | None
) -> None:
    raised = await refused(httpx.Response(int(status), text="张三"))
    assert type(raised) is error
    assert raised.code == f"HTTP-{status}"
    pause = raised.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_listed_status_is_tried() -> None:
    assert set(STATUSES.classes) <= {status for status, *_ in TABLE} | {"401"}


async def test_retry_after_is_kept() -> None:
    raised = await refused(httpx.Response(429, headers={"Retry-After": "90"}))
    assert raised.retry_after is not None
    assert raised.retry_after.total_seconds() == 90


async def test_a_refused_signature_is_made_anew_once() -> None:
    taken, provider = await send(httpx.Response(401), reply(OK))
    assert taken == TAKEN
    assert len(provider.requests) == 2
    raised = await refused(httpx.Response(401), httpx.Response(401))
    assert type(raised) is Misconfigured


NO_OBJECTS = [
    a for a in GARBAGE if not a.content.startswith(b"{") or b"\xb3" in a.content
]


@pytest.mark.parametrize("answer", NO_OBJECTS)
async def test_garbage_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    assert type(await refused(answer)) is OutcomeUnknown


async def test_a_lost_answer_leaves_the_outcome_unknown() -> None:
    assert type(await refused(httpx.ReadTimeout("WS-07"))) is OutcomeUnknown


@pytest.mark.parametrize("part", ["secret", "id", "timestamp", "body"])
def test_the_signature_covers_everything(part: str) -> None:
    given = {"secret": "s", "id": "i", "timestamp": "1", "body": b"{}"}
    other = given | {part: b"[]" if part == "body" else "2"}
    assert signature(**given) != signature(**other)  # type: ignore[arg-type]  # str or bytes by name
