"""The paths a test steers the sandbox by: `/_sandbox/…`."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, TypeAdapter, ValidationError

from core.words import Channel
from sandbox.kit.answers import Json
from sandbox.kit.context import Desk
from sandbox.kit.rules import MAX_RULES, Rule

_RULES: TypeAdapter[list[Rule]] = TypeAdapter(
    Annotated[list[Rule], Field(max_length=MAX_RULES)]
)


def control(desk: Desk) -> APIRouter:
    """Return the routes that look into one sandbox."""
    router = APIRouter(prefix="/_sandbox", tags=["control"])
    _messages(router, desk)
    _rules(router, desk)

    @router.get("/tokens")
    async def tokens() -> dict[Channel, int]:
        """Count the tokens handed out, per channel."""
        return dict(desk.fetches)

    @router.get("/health")
    async def health() -> dict[str, str]:
        """Say that the sandbox answers."""
        return {"status": "ok"}

    @router.delete("", status_code=204)
    async def reset() -> None:
        """Empty the list, drop the rules, and count tokens from zero."""
        desk.book.empty()
        desk.rules.replace([])
        for channel in desk.fetches:
            desk.fetches[channel] = 0

    return router


def _messages(router: APIRouter, desk: Desk) -> None:
    @router.get("/messages", response_class=Json)
    async def messages(
        channel: Channel | None = None,
        recipient: str | None = None,
        limit: Annotated[int | None, Query(ge=0)] = None,
    ) -> Response:
        """List what the providers took, the oldest first; `limit` keeps the newest."""
        found = list(desk.book.entries(channel, recipient))
        skipped = 0 if limit is None else max(0, len(found) - limit)
        items = [entry.shown() for entry in islice(found, skipped, None)]
        return Json({"items": items, "total": len(found)})

    @router.delete("/messages", status_code=204)
    async def empty() -> None:
        """Empty the list, and with it the providers' duplicate keys."""
        desk.book.empty()


def _rules(router: APIRouter, desk: Desk) -> None:
    schema = {"type": "array", "items": {"type": "object"}, "maxItems": MAX_RULES}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}

    @router.put("/rules", openapi_extra={"requestBody": body})
    async def replace(request: Request) -> dict[str, list[dict[str, object]]]:
        """Replace the rules; the first that matches a message decides."""
        desk.rules.replace(_parsed(await request.body()))
        return {"items": desk.rules.listed()}

    @router.get("/rules")
    async def rules() -> dict[str, list[dict[str, object]]]:
        """List the rules, and how often each has decided."""
        return {"items": desk.rules.listed()}


def _parsed(body: bytes) -> list[Rule]:
    """Return the rules of a body, whatever media type it claims to have."""
    try:
        return _RULES.validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError(found) from None
