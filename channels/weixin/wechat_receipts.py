"""What WeChat reports: of template and subscription messages, and of people.

Service accounts and mini programs alike, in plain or in safe mode.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar

from channels.kit.times import Clock
from channels.receipts import (
    CallbackReply,
    Happening,
    Inbound,
    Parsed,
    PersonEvent,
    ProviderReceipt,
    ReceiptKeys,
)
from channels.weixin.app import WeixinAppAccount
from channels.weixin.crypto import WeixinSeal
from channels.weixin.events import Event, items, read_event, sealed_text, text, time_of
from core.clock import utc_now
from core.errors import Forged, Malformed
from core.models import Address
from core.words import Channel, IdentityType, Outcome, Reason

TAKEN = CallbackReply(b"success")
_STATUSES = {"success": Outcome.DELIVERED, "failed": Outcome.FAILED}
# What follows a status' first word says why: "failed: system failed".
_FIRST_WORD = re.compile(r"[^a-z].*", re.DOTALL)
# "failed: system failed" and "failed:freq limit" say nothing of the person.
_BLOCKED = "userblock"
_REFUSED_CODES = frozenset({"43101", "20003", "20006"})
_OPENID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_ECHO = re.compile(r"[\x21-\x7e]{1,256}")
_PEOPLE: Mapping[str, Happening] = {
    "subscribe": Happening.FOLLOWED,
    "unsubscribe": Happening.UNFOLLOWED,
}
_CONSENTS: Mapping[str, str] = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
}
_CHOICES: Mapping[str, Happening] = {
    "accept": Happening.CONSENTED,
    "reject": Happening.DECLINED,
}


class WechatReceipts:
    """Reads the events of a service account."""

    channel: ClassVar[Channel] = Channel.WECHAT
    provider: ClassVar[str] = "wechat"
    identity: ClassVar[IdentityType] = IdentityType.WECHAT_OPENID

    def __init__(
        self, account: WeixinAppAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._seal = WeixinSeal(keys, account.appid)
        self._safe = account.callbacks == "safe"
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return what one event says; for a GET, the echo that WeChat wants."""
        if call.method == "GET":
            return Parsed(self._echo(call))
        event = self._event(call)
        return Parsed(TAKEN, tuple(self._receipts(event)), tuple(self._people(event)))

    def _echo(self, call: Inbound) -> CallbackReply:
        self._seal.check(call, "signature", self._clock())
        echo = call.query.get("echostr", "")
        if not _ECHO.fullmatch(echo):
            raise Malformed("There is nothing to echo.")
        return CallbackReply(echo.encode())

    def _event(self, call: Inbound) -> Event:
        """Return the event; where it came encrypted, only what was sealed counts."""
        now = self._clock()
        if "msg_signature" not in call.query:
            if self._safe:
                raise Forged("This account reports in safe mode only.")
            self._seal.check(call, "signature", now)
            return read_event(call.body)
        sealed = sealed_text(call.body)
        self._seal.check(call, "msg_signature", now, sealed)
        return read_event(self._seal.open(sealed))

    def _receipts(self, event: Event) -> Iterator[ProviderReceipt]:
        name, at = text(event, "Event"), time_of(event, self._clock())
        if name == "TEMPLATESENDJOBFINISH":
            status = text(event, "Status").lower()
            blocked = _BLOCKED in status.replace(" ", "")
            outcome = _STATUSES.get(_FIRST_WORD.sub("", status))
            yield from self._one(event, outcome, _code(status), blocked, at)
        elif name == "subscribe_msg_sent_event":
            for item in items(event, "SubscribeMsgSentEvent"):
                code = text(item, "ErrorCode")
                refused = code in _REFUSED_CODES
                yield from self._one(item, _by_number(code), code, refused, at)

    def _one(
        self,
        said: Event,
        outcome: Outcome | None,
        code: str,
        refused: bool,
        at: datetime,
    ) -> Iterator[ProviderReceipt]:
        number = text(said, "MsgID")
        if not _NUMBER.fullmatch(number):
            return
        yield ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            provider_message_id=number,
            outcome=outcome or Outcome.ACCEPTED,
            understood=outcome is not None,
            reason=Reason.RECEIPT_FAILED if outcome is Outcome.FAILED else None,
            code=code[:64],
            refused=refused,
            at=at,
        )

    def _people(self, event: Event) -> Iterator[PersonEvent]:
        name, openid = text(event, "Event"), text(event, "FromUserName")
        if not _OPENID.fullmatch(openid):
            return
        address = Address(type=self.identity, value=openid)
        at = time_of(event, self._clock())
        if name in _PEOPLE:
            yield PersonEvent(
                channel=self.channel, address=address, happening=_PEOPLE[name], at=at
            )
        for item in items(event, _CONSENTS[name]) if name in _CONSENTS else ():
            choice = _CHOICES.get(text(item, "SubscribeStatusString"))
            template = text(item, "TemplateId")
            if choice and template:
                yield PersonEvent(
                    channel=self.channel,
                    address=address,
                    happening=choice,
                    template=template,
                    at=at,
                )


class WechatMiniReceipts(WechatReceipts):
    """Reads the events of a mini program."""

    channel: ClassVar[Channel] = Channel.WECHAT_MINI
    provider: ClassVar[str] = "wechat_mini"
    identity: ClassVar[IdentityType] = IdentityType.WECHAT_MINI_OPENID


def _by_number(code: str) -> Outcome | None:
    """Return what an error's number says; None where there is none."""
    if not _NUMBER.fullmatch(code):
        return None
    return Outcome.FAILED if int(code) else Outcome.DELIVERED


def _code(status: str) -> str:
    """Return a status as a code: its words joined, letters only."""
    return re.sub(r"[^A-Za-z]+", "_", status).strip("_")
