"""WeChat's medical assistant: notices on the steps of a visit, no receipts.

Wire format: developers.weixin.qq.com "api_cityservice_sendchannelmsg". A second
msg_id of the same person and order is the same notice.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.sandbox_keys import KEY
from core.words import Channel
from sandbox.kit.answers import Json, Refusal, answering
from sandbox.kit.outcomes import Outcome
from sandbox.weixin.api import Body, Checked, error, refused
from sandbox.weixin.service_account import OPENID, REFUSALS, App

APPID = "sandbox-medical"
_SEND = "/cityservice/sendchannelmsg"
# 15010xx outpatients, 02 inpatients, 03 check-ups, 04 online, 05 after the visit.
_STATUSES = range(1_501_000, 1_506_000)
_BOUND = frozenset({KEY, "sandbox-mini", APPID})
_FOR_EVER = timedelta(days=1)
_REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    **REFUSALS,
    Outcome.UNSUBSCRIBED: partial(error, 48002, "user refuses messages"),
}


def _wrong_info(what: str) -> Response:
    """Refuse business_info; this errcode has been seen as a string."""
    return Json({"errcode": "82446", "errmsg": f"business_info invalid: {what}"})


class WeChatMedical(App):
    """The medical assistant's side of api.weixin.qq.com."""

    channel = Channel.WECHAT_MEDICAL
    provider = "wechat_medical"
    appid = APPID

    def routes(self) -> list[BaseRoute]:
        """Return its one path."""
        return [answering(_SEND, "POST", self.send)]

    async def send(self, request: Request) -> Response:
        """Take a notice."""
        return await self.taking(request, _checked, _REFUSALS, self._take)

    def _take(self, openid: str, body: dict[str, object], outcome: Outcome) -> Response:
        entry = self.entry(openid, (_SEND, body), outcome, str(body["msg_id"]))
        key = (str(body["order_id"]), str(body["msg_id"]))
        self.desk.book.enter_once(entry, key, _FOR_EVER)
        return Json({"errcode": 0, "errmsg": "ok"})


def _checked(body: Body) -> Checked:
    """Return the openid of a notice that WeChat would take."""
    openid, status = body.get("open_id"), body.get("status")
    if not isinstance(openid, str) or not OPENID.fullmatch(openid):
        raise refused(40003, "invalid openid")
    if type(status) is not int or status not in _STATUSES:
        raise refused(47001, "status invalid")
    for name in ("order_id", "msg_id"):
        value = body.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= 64:
            raise refused(47001, f"{name} invalid")
    if body.get("app_id") not in _BOUND:
        raise refused(82459, "mini program is not bound")
    if type(body.get("business_id")) is not int:
        raise refused(47001, "business_id invalid")
    _check_info(body.get("business_info"))
    return openid, partial(_wrong_info, "pat_name")


def _check_info(info: object) -> None:
    if not isinstance(info, dict) or not info:
        raise Refusal(_wrong_info("empty"))
    for name, value in info.items():
        if not isinstance(value, str) or not value.strip():
            raise Refusal(_wrong_info(name))
