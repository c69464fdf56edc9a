"""What WeChat pushes by itself: people who come, leave, allow or refuse messages.

XML by POST, signed in the query. Events: the service account's page "Receiving
event pushes", the mini program's page on subscription messages.
"""

import hashlib
import secrets
from functools import partial
from typing import Literal
from xml.sax.saxutils import escape

import httpx
from fastapi import APIRouter
from pydantic import Field

from core.models import Model
from core.words import Channel
from sandbox.desk import Desk
from sandbox.receipts import Push

# "如果微信服务器在五秒内收不到响应会断掉连接，并且重新发起请求，总共重试三次"
_RETRIES = (5 / 60, 5 / 60, 5 / 60)


class PersonEvent(Model):
    """What a person does on a WeChat channel; `template` for subscriptions."""

    channel: Literal[Channel.WECHAT, Channel.WECHAT_MINI] = Channel.WECHAT
    openid: str = Field(pattern=r"^[A-Za-z0-9_\-]{1,64}$")
    event: Literal[
        "subscribe",
        "unsubscribe",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
    ]
    template: str = Field(default="sandbox-template", max_length=128)
    accepts: bool = True


def person_events(desk: Desk) -> APIRouter:
    """Return the path by which a test lets a person do something."""
    router = APIRouter(prefix="/_sandbox", tags=["control"])

    @router.post("/wechat-events", status_code=202)
    async def happen(body: PersonEvent) -> None:
        """Push the event of what a person has just done."""
        make = partial(event_push, desk, body.openid, body.event, _inside(body))
        desk.receipts.later(Channel(body.channel), make)

    return router


def _inside(event: PersonEvent) -> str:
    """Return what an event holds besides who and when."""
    if event.event == "subscribe":
        return "<EventKey><![CDATA[]]></EventKey>"
    holder = {
        "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
        "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    }.get(event.event)
    if holder is None:
        return "<EventKey><![CDATA[]]></EventKey>"
    status = "accept" if event.accepts else "reject"
    scene = "<PopupScene>0</PopupScene>" if "Popup" in holder else ""
    return (
        f"<{holder}><List><TemplateId>{cdata(event.template)}</TemplateId>"
        f"<SubscribeStatusString>{cdata(status)}</SubscribeStatusString>"
        f"{scene}</List></{holder}>"
    )


def event_push(desk: Desk, openid: str, event: str, inside: str) -> Push:
    """Return an event's push, signed as WeChat signs it."""
    now = int(desk.now().timestamp())
    xml = (
        "<xml><ToUserName><![CDATA[gh_sandbox]]></ToUserName>"
        f"<FromUserName>{cdata(openid)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime>"
        "<MsgType><![CDATA[event]]></MsgType>"
        f"<Event>{cdata(event)}</Event>{inside}</xml>"
    )
    params = signed(desk.options.receipts_secret, str(now))
    params["openid"] = openid
    return Push(xml.encode(), "text/xml", _taken, _RETRIES, params)


def cdata(text: str) -> str:
    """Return a text as WeChat writes it."""
    return f"<![CDATA[{escape(text)}]]>"


def signed(token: str, timestamp: str) -> dict[str, str]:
    """Return the query that proves a call comes from WeChat."""
    nonce = str(secrets.randbelow(10**9))
    text = "".join(sorted([token, timestamp, nonce]))
    # The vendor's scheme is SHA-1; nothing here rests on its strength.
    signature = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return {"signature": signature, "timestamp": timestamp, "nonce": nonce}


def _taken(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.content in (b"", b"success")
