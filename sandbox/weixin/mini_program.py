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
from sandbox.kit.answers import Json, answering
from sandbox.kit.book import Entry
from sandbox.kit.outcomes import Outcome
from sandbox.kit.receipts import Push
from sandbox.weixin.api import Body, Checked, error, refused
from sandbox.weixin.events import cdata, event_push
from sandbox.weixin.service_account import REFUSALS, App, checked

# The mini program has an appid of its own; the service account's opens it too, so
# that one key is enough to try every channel.
APPID = "sandbox-mini"
_SEND = "/cgi-bin/message/subscribe/send"
_STATES = frozenset({"developer", "trial", "formal"})
_LANGUAGES = frozenset({"zh_CN", "en_US", "zh_HK", "zh_TW"})
_REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    **REFUSALS,
    Outcome.UNSUBSCRIBED: partial(error, 43101, "user refuses the msg"),
}


class WeChatMini(App):
    """The mini program's side of api.weixin.qq.com."""

    channel = Channel.WECHAT_MINI
    provider = "wechat_mini"
    appid = APPID

    def routes(self) -> list[BaseRoute]:
        """Return the path that only a mini program calls."""
        return [answering(_SEND, "POST", self.send)]

    async def send(self, request: Request) -> Response:
        """Take a subscription message."""
        return await self.taking(request, _checked, _REFUSALS, self._take)

    def _take(self, openid: str, body: dict[str, object], outcome: Outcome) -> Response:
        entry = self.entry(openid, (_SEND, body), outcome, self._service.next_msgid())
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


def _checked(body: Body) -> Checked:
    """Return the same of a subscription message."""
    found = checked(body)
    if not isinstance(body.get("page", ""), str):
        raise refused(41030, "invalid page")
    if body.get("miniprogram_state", "formal") not in _STATES:
        raise refused(47003, "argument invalid! miniprogram_state invalid")
    if body.get("lang", "zh_CN") not in _LANGUAGES:
        raise refused(47003, "argument invalid! lang invalid")
    return found
