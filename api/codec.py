"""Temporal's codec endpoint: lets the Web UI and CLI show payloads in clear.

Only for people who signed in. The format is Temporal's remote data encoding:
a `Payloads` message in protobuf's JSON mapping, in and out.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from fastapi import APIRouter, Request, Response
from google.protobuf import json_format
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload, Payloads

from api.callers import PEOPLE, Looker
from api.centre import CentreDep
from core.codec import EncryptionCodec
from core.errors import Invalid, Malformed

PREFIX = "/v1/codec"
router = APIRouter(prefix=PREFIX, tags=["temporal codec"], dependencies=PEOPLE)

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "payloads": {
                            "type": ["array", "null"],  # protobuf JSON: unset
                            "items": {"type": "object"},
                        }
                    },
                }
            }
        },
    }
}
Coding = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


class CodecCors:
    """ASGI middleware that lets the Web UI's pages call the codec, and nothing else."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["POST"],
            allow_headers=["authorization", "content-type", "x-namespace"],
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        codec = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
        await (self._open if codec else self._app)(scope, receive, send)


@router.post("/encode", openapi_extra=_BODY, response_class=Response)
async def encode(request: Request, caller: Looker, centre: CentreDep) -> Response:
    """Encrypt payloads as the centre's own processes do."""
    return await _coded(request, EncryptionCodec(centre.keyring).encode)


@router.post("/decode", openapi_extra=_BODY, response_class=Response)
async def decode(request: Request, caller: Looker, centre: CentreDep) -> Response:
    """Decrypt payloads."""
    return await _coded(request, EncryptionCodec(centre.keyring).decode)


async def _coded(request: Request, coding: Coding) -> Response:
    body = await request.body()
    if not body.lstrip().startswith(b"{"):  # an empty list would pass for nothing
        raise Malformed("The body is not Temporal's Payloads.")
    try:
        payloads = json_format.Parse(body, Payloads(), max_recursion_depth=20)
    except (json_format.ParseError, ValueError):
        raise Malformed("The body is not Temporal's Payloads.") from None
    try:
        done = Payloads(payloads=await coding(payloads.payloads))
    except (InvalidTag, KeyError, ValueError):
        raise Invalid("A payload can't be read with this centre's keys.") from None
    return Response(json_format.MessageToJson(done), media_type="application/json")
