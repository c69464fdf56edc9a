"""Temporal's codec endpoint: lets the command line show payloads in clear.

For people with a token. The console's own address for it (console/temporal/pages.py)
serves the Web UI, for who is signed in there.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from api.auth.callers import PEOPLE, Admin, Operator
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.messages import histories
from centre.messages.histories import History

PREFIX = "/v1/codec"
router = APIRouter(
    prefix=PREFIX, tags=["temporal codec"], dependencies=PEOPLE, route_class=CheckedBody
)

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
WorkflowId = Annotated[
    str | None,
    Header(
        alias="X-Workflow-Id",
        pattern=r"^[A-Za-z0-9._:-]{1,200}$",
        description="Whose history is looked at; the audit log keeps it.",
    ),
]


@router.post("/encode", openapi_extra=_BODY, response_class=Response)
async def encode(request: Request, caller: Admin, context: ContextDep) -> Response:
    """Encrypt payloads as the centre's own processes do."""
    sealed = await histories.encoded(context, await request.body(), caller.actor)
    return Response(sealed, media_type="application/json")


@router.post("/decode", openapi_extra=_BODY, response_class=Response)
async def decode(
    request: Request, caller: Operator, context: ContextDep, workflow: WorkflowId = None
) -> Response:
    """Decrypt payloads; the audit log keeps who looked."""
    body, history = await request.body(), History(workflow)
    clear = await histories.revealed(context, body, caller.actor, history)
    return Response(clear, media_type="application/json")
