"""What people text back: pushed or sent by each provider in its own form."""

import json
from collections.abc import Callable
from functools import partial
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from core.base import Model
from core.words import Channel
from sandbox.aliyun import answers as aliyun_answers
from sandbox.carrier.gateway import Gateway, Text
from sandbox.kit.answers import china_time
from sandbox.kit.context import Desk
from sandbox.kit.receipts import Push
from sandbox.tencent import answers as tencent_answers


class Reply(Model):
    """A text that somebody sends back, to whichever provider carried ours."""

    provider: Literal["aliyun", "tencent", "cmpp", "smpp"] = "aliyun"
    number: str = Field(pattern=r"^1[3-9][0-9]{9}$")
    text: str = Field(min_length=1, max_length=60)


def replies(desk: Desk, *gateways: Gateway) -> APIRouter:
    """Return the path by which a test lets a person answer a short message."""
    router = APIRouter(prefix="/_sandbox", tags=["control"])
    lines = {gateway.name: gateway for gateway in gateways}

    @router.post("/replies", status_code=202)
    async def reply(body: Reply) -> None:
        """Let somebody answer a short message."""
        if (gateway := lines.get(body.provider)) is not None:
            gateway.later(gateway.hand_on(Text(body.number, body.text)))
            return
        account = "" if body.provider == "aliyun" else body.provider
        push = partial(_PUSHES[body.provider], desk, body)
        desk.receipts.later(Channel.SMS, push, account)

    return router


def _aliyun(desk: Desk, reply: Reply) -> Push:
    """Return a reply as Aliyun pushes it (SmsUp): an array."""
    told = {
        "phone_number": reply.number,
        "send_time": china_time(desk.now()),
        "content": reply.text,
        "sign_name": "市第一医院",
        "dest_code": "10690000",
        "sequence_id": int(desk.now().timestamp() * 1000),
    }
    content = json.dumps([told], ensure_ascii=False).encode()
    retries = aliyun_answers.RECEIPT_RETRIES
    return Push(content, "application/json", aliyun_answers.receipt_taken, retries)


def _tencent(desk: Desk, reply: Reply) -> Push:
    """Return a reply as Tencent pushes it: one object."""
    told = {
        "extend": "",
        "mobile": reply.number,
        "nationcode": "86",
        "sign": "市第一医院",
        "text": reply.text,
        "time": int(desk.now().timestamp()),
    }
    content = json.dumps(told, ensure_ascii=False).encode()
    retries = tencent_answers.RECEIPT_RETRIES
    return Push(content, "application/json", tencent_answers.receipt_taken, retries)


_PUSHES: dict[str, Callable[[Desk, Reply], Push]] = {
    "aliyun": _aliyun,
    "tencent": _tencent,
}
