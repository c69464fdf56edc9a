"""WeChat mini program: subscription messages, with their event when sent.

Wire format: developers.weixin.qq.com "sendMessage" (subscribe message) and
"subscribe_msg_sent_event"; the token is the app's own, from stable_token.
"""

from collections.abc import Callable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.words import Channel
from sandbox.answers import Json, answering, body_of, json_object
from sandbox.book import Entry
from sandbox.desk import Desk
from sandbox.outcomes import Outcome
from sandbox.receipts import Push
from sandbox.wechat import OPENID, REFUSALS, App, WeChat
from sandbox.wechat_events import cdata, event_push
from sandbox.wechat_fields import wrong_field
from sandbox.weixin import error, refused

# The mini program has an appid of its own; the service account's opens it too, so
# that one key is enough to try every channel.
APPID = "sandbox-mini"
_SEND = "/cgi-bin/message/subscribe/send"
_STATES = frozenset({"developer", "trial", "formal"})
_LANGUAGES = frozenset({"zh_CN", "en_US", "zh_HK", "zh_TW"})


class WeChatMini(App):
    """The mini program's side of api.weixin.qq.com."""

    channel = Channel.WECHAT_MINI

    def __init__(self, desk: Desk, service: WeChat) -> None:
        super().__init__(desk, service, APPID)

    def routes(self) -> list[BaseRoute]:
        """Return the path that only a mini program calls."""
        return [answering(_SEND, "POST", self.send)]

    async def send(self, request: Request) -> Response:
        """Take a subscription message."""
        token = self.check_token(request)
        body = json_object(await body_of(request))
        if body is None:
            raise refused(47001, "data format error")
        openid, data = _checked(body)
        outcome = await self.desk.decide(self.channel, "wechat_mini", openid)
        field = next(iter(data))
        refusals: dict[Outcome, Callable[[], Response]] = {
            **REFUSALS,
            Outcome.UNSUBSCRIBED: partial(error, 43101, "user refuses the msg"),
            Outcome.REJECT: partial(
                error, 47003, f"argument invalid! data.{field}.value invalid"
            ),
            Outcome.EXPIRED_TOKEN: partial(self.expired, token),
        }
        return self.desk.answer(
            outcome, refusals, lambda: self._take(openid, body, outcome)
        )

    def _take(self, openid: str, body: dict[str, object], outcome: Outcome) -> Response:
        entry = Entry(
            channel=self.channel,
            provider="wechat_mini",
            recipient=openid,
            at=self.desk.now(),
            provider_message_id=self._service.next_msgid(),
            outcome=outcome,
            request={"path": _SEND, "body": body},
        )
        self.desk.book.enter(entry)
        if outcome is not Outcome.NO_RECEIPT:
            self.desk.receipts.later(self.channel, partial(self._event, entry, body))
        return Json(
            {"errcode": 0, "errmsg": "ok", "msgid": int(entry.provider_message_id)}
        )

    def _event(self, entry: Entry, body: Mapping[str, object]) -> Push:
        """Return the receipt: subscribe_msg_sent_event."""
        failed = entry.outcome is Outcome.RECEIPT_FAILED
        code, status = (43101, "user refuse") if failed else (0, "success")
        inside = (
            "<SubscribeMsgSentEvent><List>"
            f"<TemplateId>{cdata(str(body['template_id']))}</TemplateId>"
            f"<MsgID>{entry.provider_message_id}</MsgID>"
            f"<ErrorCode>{code}</ErrorCode>"
            f"<ErrorStatus>{cdata(status)}</ErrorStatus>"
            "</List></SubscribeMsgSentEvent>"
        )
        name = "subscribe_msg_sent_event"
        return event_push(self.desk, entry.recipient, name, inside)


def _checked(body: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Return openid and fields of a message that WeChat would take."""
    openid, template, data = (body.get(k) for k in ("touser", "template_id", "data"))
    if not isinstance(openid, str) or not OPENID.fullmatch(openid):
        raise refused(40003, "invalid openid")
    if not isinstance(template, str) or not template.strip():
        raise refused(40037, "invalid template_id")
    if not isinstance(body.get("page", ""), str):
        raise refused(41030, "invalid page")
    if body.get("miniprogram_state", "formal") not in _STATES:
        raise refused(47003, "argument invalid! miniprogram_state invalid")
    if body.get("lang", "zh_CN") not in _LANGUAGES:
        raise refused(47003, "argument invalid! lang invalid")
    if not isinstance(data, dict) or not data:
        raise refused(47003, "argument invalid! data invalid")
    wrong = wrong_field(data)
    if wrong is not None:
        raise refused(47003, f"argument invalid! {wrong} invalid")
    return openid, data
