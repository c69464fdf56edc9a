"""`/v1/workstations/{id}`: a screen's WebSocket (docs/workstations.md).

The screen signs in with its secret, in the Authorization header or in its first
message, never in the address; it says the last number it has seen, and gets what
came after.
"""

import asyncio
import json
from contextlib import suppress
from typing import Annotated, Any, Literal
from uuid import UUID

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import Field, TypeAdapter, ValidationError

from api.context import ApiContext
from api.http.strict_json import parse_json
from api.workstations.door import SIGN_IN_SECONDS, Door
from api.workstations.hub import Connection, Hub
from centre.audit.audit import Actor
from centre.messages.acknowledge import AcknowledgeOrder
from centre.receipts.intake import ReceiptIntake
from centre.workstations import service as popups
from centre.workstations import stations
from centre.workstations.contracts import Event, PopupStage, SignedInScreen
from centre.workstations.service import Reported, report
from core.base import Model
from core.errors import Invalid, Malformed, MessageCentreError
from core.fields import Time
from core.process.logs import describe

router = APIRouter()

_SEND_SECONDS = 10.0
_LONGEST, _LONGEST_HELLO = 8192, 1024
# RFC 6455 section 7.4; 4000 and up are our own.
_GONE, _MALFORMED, _TOO_BIG, _LATER, _REFUSED = 1000, 1007, 1009, 1013, 4401

log = structlog.get_logger("workstations")


class Hello(Model):
    """The first message: who, and the last number seen (0: everything open)."""

    type: Literal["hello"]
    last_seq: int = Field(default=0, ge=0, le=2**62, strict=True)
    secret: str | None = Field(default=None, max_length=200, repr=False)


class Ack(Model):
    """How far a screen has come with a pop-up; `at` is its own clock."""

    type: Literal["ack"]
    id: UUID
    stage: Reported
    user: str | None = Field(default=None, max_length=128, repr=False)
    read_back: str | None = Field(default=None, max_length=1000, repr=False)
    at: Time | None = None


Said = TypeAdapter[Hello | Ack](Annotated[Hello | Ack, Field(discriminator="type")])


class _Closed(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@router.websocket("/v1/workstations/{workstation_id}")
async def workstation_socket(socket: WebSocket, workstation_id: str) -> None:
    """Hold one screen until it goes, is too slow, or may no longer."""
    await socket.accept()
    code = _GONE
    try:
        code = await _serve(socket, workstation_id)
    except _Closed as closed:
        code = closed.code
    except WebSocketDisconnect:
        return
    except MessageCentreError:
        code = _LATER
    except Exception as error:
        log.error("unexpected", **describe(error))
        code = 1011
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)


async def _serve(socket: WebSocket, workstation_id: str) -> int:
    """Sign a screen in and hold it; return the code it is closed with."""
    context: ApiContext = socket.app.state.context
    hub: Hub = socket.app.state.hub
    try:
        hello, standing = await _signed_in(context, hub.door, socket, workstation_id)
    except TimeoutError:
        raise _Closed(_REFUSED) from None
    held = Connection(standing)
    async with hub.joined(held):
        await _send(socket, {"type": "welcome", "id": standing.id})
        return await _first_end(
            asyncio.ensure_future(_write(socket, context, held, hello.last_seq)),
            asyncio.ensure_future(_read(socket, context, standing)),
            held.closing,
        )


async def _first_end(*tasks: asyncio.Future[int]) -> int:
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _signed_in(
    context: ApiContext, door: Door, socket: WebSocket, workstation_id: str
) -> tuple[Hello, SignedInScreen]:
    """Return who this is and what it has seen; TimeoutError where it does not say.

    A secret in the header is looked at at once, whoever waits at the door. Wrong
    ones are not counted: nobody guesses 256 random bits, and a lock would keep a
    whole ward out whose address somebody shares.
    """
    secret = _bearer(socket)
    if secret is not None:
        standing = await _standing(context, workstation_id, secret)
        async with asyncio.timeout(SIGN_IN_SECONDS):
            return await _hello(socket), standing
    async with door.waiting(socket.client.host if socket.client else ""):
        hello = await _hello(socket)
        return hello, await _standing(context, workstation_id, hello.secret or "")


async def _hello(socket: WebSocket) -> Hello:
    said = await _said(socket, _LONGEST_HELLO)
    if not isinstance(said, Hello):
        raise _Closed(_MALFORMED)
    return said


async def _standing(
    context: ApiContext, workstation_id: str, secret: str
) -> SignedInScreen:
    standing = await stations.authenticate(context, workstation_id, secret)
    if standing is None:
        raise _Closed(_REFUSED)
    return standing


def _bearer(socket: WebSocket) -> str | None:
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _said(socket: WebSocket, longest: int = _LONGEST) -> Hello | Ack:
    """Return the next message; anything else than JSON of ours ends it."""
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", _GONE))
    text = received.get("text")
    if text is None:
        raise _Closed(_MALFORMED)
    if len(text) > longest:
        raise _Closed(_TOO_BIG)
    try:
        parse_json(text.encode())
        return Said.validate_json(text)
    except (Malformed, ValidationError):
        raise _Closed(_MALFORMED) from None


async def _write(
    socket: WebSocket, context: ApiContext, held: Connection, last_seq: int
) -> int:
    """Send what came while the screen was away, then what comes.

    A number that was never given (a store restored from a copy gives lower ones)
    would keep everything new from the screen: it gets what is open.
    """
    store = context.store
    newest = await popups.newest_event(store)
    sent = last_seq if last_seq <= newest else 0
    while True:
        ours = [held.standing.id]
        missed = await popups.events_after(store, sent, ours, open_only=True)
        if not missed:
            break
        for event in missed:
            await _send(socket, _told(event))
            sent = event.seq
    while True:
        event = await held.waiting.get()
        if event.seq > sent:
            await _send(socket, _told(event))
            sent = event.seq


def _told(event: Event) -> dict[str, Any]:
    """Return an event as the protocol has it."""
    told: dict[str, Any] = {"id": str(event.delivery_id), "seq": event.seq}
    if event.withdrawal is not None:
        return {"type": "withdraw", **told, "why": event.withdrawal.why}
    assert event.popup is not None
    popup = event.popup.model_dump(mode="json")
    return {"type": "msg", **told, **popup, "expire_at": event.expire_at.isoformat()}


async def _read(
    socket: WebSocket, context: ApiContext, standing: SignedInScreen
) -> int:
    """Take in what a screen reports, one after the other."""
    sink = ReceiptIntake(context)
    address = socket.client.host if socket.client else None
    actor = Actor(who=standing.id, role="workstation", address=address)
    while True:
        said = await _said(socket)
        if not isinstance(said, Ack):
            raise _Closed(_MALFORMED)
        await _send(socket, await _answer(context, sink, actor, said))


async def _answer(
    context: ApiContext, sink: ReceiptIntake, actor: Actor, ack: Ack
) -> dict[str, Any]:
    """Return what a report is answered with: noted, or refused and why."""
    answer = {"id": str(ack.id), "stage": ack.stage}
    order = None
    if ack.user and ack.user.strip():
        order = AcknowledgeOrder(by=ack.user, read_back=ack.read_back or None)
    try:
        known = await report(context, sink, actor, ack.id, PopupStage(ack.stage), order)
    except Invalid as error:
        places = [field_error.pointer.strip("/") for field_error in error.errors]
        return {"type": "refused", **answer, "why": "invalid", "fields": places}
    except MessageCentreError:
        # Nothing was noted, or only a part that a repeat notes again.
        return {"type": "refused", **answer, "why": "later"}
    if not known:
        return {"type": "refused", **answer, "why": "unknown"}
    return {"type": "noted", **answer}


async def _send(socket: WebSocket, told: dict[str, Any]) -> None:
    """Send one message; a screen that does not read is given up."""
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await socket.send_text(json.dumps(told, ensure_ascii=False))
    except TimeoutError:
        raise _Closed(_LATER) from None
