"""`/v1/receipts/{channel}/{secret}`: where providers report, each in its own form."""

import asyncio
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request, Response
from starlette.requests import HTTPConnection

from api.context import ApiContext, ContextDep
from api.http.access_log import KNOWN
from api.http.problems import NOWHERE, REQUEST_ID
from centre.receipts.addresses import Reporter, reporter
from centre.receipts.intake import ReceiptIntake
from channels.kit.reports import MOST_REPORTS
from channels.receipts import Inbound, Parsed
from core.errors import Forged, Malformed, NotFound
from core.words import Channel

PREFIX = "/v1/receipts/"
router = APIRouter(prefix="/v1/receipts", tags=["receipts"])

_Secret = Annotated[str, Path(max_length=64)]
_log = structlog.get_logger("receipts")


@router.get("/{channel}/{secret}")
async def check_receipt_address(
    channel: str, secret: _Secret, request: Request, context: ContextDep
) -> Response:
    """Answer the provider's test of the address (WeChat and WeCom: `echostr`)."""
    return await _read(request, context)


@router.post("/{channel}/{secret}")
async def take_receipts(
    channel: str, secret: _Secret, request: Request, context: ContextDep
) -> Response:
    """Take in what a provider reports, in its own format; repeats change nothing."""
    return await _read(request, context)


async def known_address(request: HTTPConnection) -> Reporter:
    """Return who calls at the address of a request; NotFound for anybody else."""
    context: ApiContext = request.app.state.context
    channel, _, secret = request.url.path.removeprefix(PREFIX).partition("/")
    known = await reporter(context, channel, secret)
    if known is None:
        _refused(request, context, _named(channel), "", "unknown_address")
        raise NotFound(NOWHERE)
    return known


async def _read(request: Request, context: ApiContext) -> Response:
    known = await known_address(request)
    parsed = await _parsed(known, request, context)
    count = context.metrics.receipt
    await ReceiptIntake(context).take_push(parsed, known.account, count)
    return Response(parsed.answer.body, media_type=parsed.answer.media_type)


async def _parsed(known: Reporter, request: Request, context: ApiContext) -> Parsed:
    call = Inbound(
        method=request.method,
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=await request.body(),
    )
    form = known.format
    try:
        # XML and mails take their time: others have their turn meanwhile.
        parsed = await asyncio.to_thread(form.read, call)
        said = (*parsed.receipts, *parsed.uplinks, *parsed.events)
        if len(said) > MOST_REPORTS:
            raise Malformed("The body holds too many reports.")
    except (Forged, Malformed) as error:
        result = "forged" if isinstance(error, Forged) else "malformed"
        _refused(request, context, form.channel, form.provider, result)
        raise
    request.scope[KNOWN] = True
    return parsed


def _refused(
    request: HTTPConnection,
    context: ApiContext,
    channel: str,
    provider: str,
    result: str,
) -> None:
    """Log and count a call that changes nothing; its content goes nowhere."""
    context.metrics.receipt(channel, provider, result)
    _log.warning(
        f"receipt.{result}",
        request_id=request.scope[REQUEST_ID],
        channel=channel,
        provider=provider,
    )


def _named(channel: str) -> str:
    """Return a channel's name; anybody may ask for one that there is not."""
    return channel if channel in set(Channel) else "other"
