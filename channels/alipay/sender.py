"""Alipay: messages of mini programs, of public accounts, and of medical services.

Each interface is a method of the gateway with a biz_content of its own; names
and fields are those of the vendor's SDK (alipay/aop/api/domain). Only the medical
ones take a number of ours (out_msg_id), and how long they keep it is not said, so
none is counted on as a duplicate key. Nothing reports later: accepted is the end.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import ClassVar

import httpx

from channels.alipay.api import CODES, AlipayAccount, AlipayReply, Gateway, Interface
from channels.base import Acceptance, Content, Sending
from channels.kit.address_codes import says
from channels.kit.clip import clip
from channels.kit.codes import clean_code, refusal
from channels.kit.mini_page import page_of
from channels.kit.times import Clock
from channels.provider import Provider
from channels.template_ids import ALIPAY_RULES, required
from core.clock import utc_now
from core.errors import ContentRefused
from core.text.letters import one_line
from core.words import Channel, State

METHODS: Mapping[Interface, str] = {
    "mini_template": "alipay.open.app.mini.templatemessage.send",
    "life_message": "alipay.open.public.message.single.send",
    "medical_subscribed": "alipay.commerce.medical.subscribemsg.send",
    "medical_direct": "alipay.commerce.medical.nosubscribe.msg.send",
}
# USER_KEYWORD_LENGTH_ERROR comes above this.
LONGEST = 50
# The form a mini program's message answers to, where its template wants one.
FORM_ID = "form_id"
_COLOUR = "#333333"


class AlipaySender:
    """Sends through one app of Alipay's, by the interface its account names."""

    channel: ClassVar[Channel] = Channel.ALIPAY
    provider: ClassVar[str] = CODES.provider
    dedupe_window: ClassVar[timedelta | None] = None

    def __init__(
        self, account: AlipayAccount, http: httpx.AsyncClient, clock: Clock = utc_now
    ) -> None:
        self._account = account
        self._gateway = Gateway(account, http, clock)

    async def send(self, sending: Sending) -> Acceptance:
        """Send one message."""
        interface = self._account.interface
        content = _CONTENTS[interface](self._account, sending)
        reply = await self._gateway.call(METHODS[interface], content)
        return Acceptance(
            provider=self.provider, provider_message_id=_message_id(reply)
        )


PROVIDER = Provider(
    AlipaySender,
    AlipayAccount,
    lambda account, tools: AlipaySender(account, tools.http, tools.clock),
    AlipayAccount.sandbox,
    ALIPAY_RULES,
    says=says({State.INVALID: "USER_INFO_NOT_EXIST"}),
)


def _message_id(reply: AlipayReply) -> str | None:
    """Return the message's number; ContentRefused where there is a refusal instead.

    The medical interfaces answer 10000 with a result_code of their own.
    """
    found = reply.text("msg_id") or reply.text("msg_id_list")
    result = reply.text("result_code")
    if found is None and result is not None and result.upper() != "SUCCESS":
        raise refusal(CODES.provider, ContentRefused, code=clean_code(result))
    return found


def _mini(account: AlipayAccount, sending: Sending) -> dict[str, object]:
    words = keywords(sending.content)
    form_id = words.pop(FORM_ID, None)
    data = {name: {"value": value} for name, value in words.items()}
    return {
        "to_user_id": sending.address.value,
        "user_template_id": _template(account, sending.content),
        "page": page_of(account.page, sending.content.link),
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")),
        **({"form_id": form_id} if form_id else {}),
    }


def _life(account: AlipayAccount, sending: Sending) -> dict[str, object]:
    content = sending.content
    words = {
        name: {"value": value, "color": _COLOUR}
        for name, value in keywords(content).items()
    }
    return {
        "to_user_id": sending.address.value,
        "template": {
            "template_id": _template(account, content),
            "context": {
                "head_color": _COLOUR,
                "url": content.link or "",
                "action_name": "查看详情" if content.link else "",
                "first": {"value": one_line(content.title) or "-", "color": _COLOUR},
                **words,
                "remark": {"value": "", "color": _COLOUR},
            },
        },
    }


def _medical(account: AlipayAccount, sending: Sending, to: str) -> dict[str, object]:
    words = keywords(sending.content)
    return {
        to: sending.address.value,
        "template_code": _template(account, sending.content),
        "msg_arg_list": [{"key": k, "value": v} for k, v in words.items()],
        "out_msg_id": sending.id.hex,
    }


def _subscribed(account: AlipayAccount, sending: Sending) -> dict[str, object]:
    return _medical(account, sending, "to_user_id")


def _direct(account: AlipayAccount, sending: Sending) -> dict[str, object]:
    return _medical(account, sending, "alipay_user_id")


_CONTENTS: Mapping[Interface, Callable[[AlipayAccount, Sending], dict[str, object]]] = {
    "mini_template": _mini,
    "life_message": _life,
    "medical_subscribed": _subscribed,
    "medical_direct": _direct,
}


def _template(account: AlipayAccount, content: Content) -> str:
    template = content.provider_template or account.default_template
    return required(CODES.provider, template)


def keywords(content: Content) -> dict[str, str]:
    """Return the template's words, each within 50 characters.

    Where the template names none they are keyword1, keyword2 … from the params
    in order, or from the text where there are no params either.
    """
    named = content.fields
    if not named:
        values = list(content.params.values()) or [content.title or content.body]
        named = {f"keyword{n}": value for n, value in enumerate(values, start=1)}
    return {k: clip(one_line(v), LONGEST) or "-" for k, v in named.items()}
