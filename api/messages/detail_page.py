"""The recipient's detail page, `/m/{token}`: whoever has the link may read it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from api.context import ApiContext, ContextDep
from api.http.languages import preferred
from api.pages import page
from centre.messages.links import read_link
from centre.orders.reading import Reading, read_message
from core.clock import utc_now
from core.errors import Gone, Unavailable

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
    key, now = context.keyring.token_key, utc_now()
    message_id = read_link(key, token)
    try:
        found = message_id and await read_message(context, message_id, now)
    except Gone:
        return _short(410, words.closed, words)
    if not found or read_link(key, token, now) is None:
        return _short(404, words.gone, words)
    return _whole(found, words)


def _whole(found: Reading, words: Words) -> HTMLResponse:
    detail = found.message.detail
    return page(
        "detail.html",
        words=words,
        title=found.title,
        items=detail.items if detail else (),
        link=found.message.link,
        note=words.note,
    )


def _short(status: int, title: str, words: Words) -> HTMLResponse:
    return page(
        "detail.html", status, words=words, title=title, items=(), link=None, note=None
    )


def _language(accepted: str) -> Words:
    """Return the language that a browser prefers of our two; Chinese if neither."""
    return {"zh": CHINESE, "en": ENGLISH}[preferred(accepted, ("zh", "en"))]
