"""The path by which a test lets people come, leave, allow or refuse messages."""

from functools import partial
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from core.base import Model
from core.words import Channel
from sandbox.kit.context import Desk
from sandbox.kit.receipts import Push
from sandbox.weixin.events import cdata, event_push
from sandbox.weixin.seal import sealed


class PersonEvent(Model):
    """What a person does on a WeChat channel; `template` for subscriptions.

    `openid` is WeCom's userid. `sealed`: the event is encrypted, WeCom's always.
    """

    channel: Literal[Channel.WECHAT, Channel.WECHAT_MINI, Channel.WECOM] = (
        Channel.WECHAT
    )
    openid: str = Field(pattern=r"^[A-Za-z0-9_\-]{1,64}$")
    event: Literal[
        "subscribe",
        "unsubscribe",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
    ]
    template: str = Field(default="sandbox-template", max_length=128)
    accepts: bool = True
    sealed: bool = False


def person_events(desk: Desk) -> APIRouter:
    """Return the path by which a test lets a person do something."""
    router = APIRouter(prefix="/_sandbox", tags=["control"])

    @router.post("/wechat-events", status_code=202)
    async def happen(body: PersonEvent) -> None:
        """Push the event of what a person has just done."""
        desk.receipts.later(body.channel, partial(push_of, desk, body))

    return router


def push_of(desk: Desk, event: PersonEvent) -> Push:
    """Return the push that tells of what a person did."""
    push = event_push(desk, event.openid, event.event, _inside(event))
    if not event.sealed and event.channel is not Channel.WECOM:
        return push
    return sealed(push, event.channel, desk.options.receipts_secret)


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
