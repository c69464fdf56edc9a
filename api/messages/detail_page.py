"""The recipient's detail page, `/m/{token}`: whoever has the link may read it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from api.context import ApiContext, ContextDep
from api.http.languages import preferred
from api.pages import page
from centre.catalog import templates
from centre.catalog import types as catalog
from centre.messages.links import read_link
from centre.orders.reading import readable_message
from core.errors import Gone, Unavailable
from core.models import Message
from core.text.templating import render

router = APIRouter(tags=["detail page"])

_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@dataclass(frozen=True)
class Words:
    """The page's own words in one language."""

    lang: str
    open: str
    note: str
    gone: str
    closed: str
    later: str


CHINESE = Words(
    lang="zh-CN",
    open="查看详情",
    note="本页仅供收件人本人查看，请勿转发。",
    gone="此链接无效或已过期",
    closed="此消息已失效",
    later="系统暂时繁忙，请稍后再试",
)
ENGLISH = Words(
    lang="en",
    open="Open",
    note="This page is for its recipient only; please do not pass it on.",
    gone="This link is not valid, or has expired",
    closed="This message is no longer valid",
    later="Please try again in a moment",
)


@router.get("/m/{token}", response_class=HTMLResponse)
async def show_detail(
    token: Annotated[str, Path()], request: Request, context: ContextDep
) -> Response:
    """Show a message's detail to its recipient."""
    words = _language(request.headers.get("accept-language", ""))
    try:
        answer = await _page(context, token, words)
    except Unavailable:
        answer = _short(503, words.later, words)
        answer.headers["Retry-After"] = "5"
    answer.headers.update(_HEADERS)
    answer.headers["Content-Language"] = words.lang
    return answer


async def _page(context: ApiContext, token: str, words: Words) -> HTMLResponse:
    key, now = context.keyring.token_key, datetime.now(UTC)
    message_id = read_link(key, token)
    try:
        found = message_id and await readable_message(context, message_id, now)
    except Gone:
        return _short(410, words.closed, words)
    if not found or read_link(key, token, now) is None:
        return _short(404, words.gone, words)
    return await _whole(context, found, words)


async def _whole(context: ApiContext, message: Message, words: Words) -> HTMLResponse:
    detail = message.detail
    return page(
        "detail.html",
        words=words,
        title=detail.title if detail else await _title(context, message),
        items=detail.items if detail else (),
        link=message.link,
        note=words.note,
    )


def _short(status: int, title: str, words: Words) -> HTMLResponse:
    return page(
        "detail.html", status, words=words, title=title, items=(), link=None, note=None
    )


async def _title(context: ApiContext, message: Message) -> str:
    """Return the title that the message's first channel with one shows."""
    async with context.store.sessions() as session:
        for channel in message.plan.channels:
            version = message.templates.get(channel, 0)
            found = await templates.template(session, message.type, channel, version)
            if found is not None and found.title:
                return render(found.title, message.params)
        kind = await catalog.message_type(session, message.type)
    return kind.name if kind else message.type


def _language(accepted: str) -> Words:
    """Return the language that a browser prefers of our two; Chinese if neither."""
    return {"zh": CHINESE, "en": ENGLISH}[preferred(accepted, ("zh", "en"))]
