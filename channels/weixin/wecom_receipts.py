"""What WeCom reports: always encrypted, and nothing of single messages.

An application's callbacks tell who joined or left its visible range
(developer.work.weixin.qq.com path/90240); the address must be proven before
WeCom takes it.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from channels.kit.times import Clock
from channels.receipts import (
    CallbackReply,
    Happening,
    Inbound,
    Parsed,
    PersonEvent,
    ReceiptKeys,
)
from channels.weixin.crypto import WeixinSeal
from channels.weixin.events import Event, read_event, sealed_text, text, time_of
from channels.weixin.wechat_receipts import TAKEN
from channels.weixin.wecom import WecomAccount
from core.clock import utc_now
from core.models import Address
from core.words import Channel, IdentityType

_LONGEST_USERID = 64
_PEOPLE: Mapping[str, Happening] = {
    "subscribe": Happening.FOLLOWED,
    "unsubscribe": Happening.UNFOLLOWED,
}


class WecomReceipts:
    """Reads an application's callbacks."""

    channel: ClassVar[Channel] = Channel.WECOM
    provider: ClassVar[str] = "wecom"

    def __init__(
        self, account: WecomAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._seal = WeixinSeal(keys, account.corpid)
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return what one callback says; for a GET, the echo it carries sealed."""
        if call.method == "GET":
            return Parsed(
                CallbackReply(self._opened(call, call.query.get("echostr", "")))
            )
        event = read_event(self._opened(call, sealed_text(call.body)))
        return Parsed(TAKEN, events=tuple(self._people(event)))

    def _opened(self, call: Inbound, sealed: str) -> bytes:
        self._seal.check(call, "msg_signature", self._clock(), sealed)
        return self._seal.open(sealed)

    def _people(self, event: Event) -> Iterator[PersonEvent]:
        happening = _PEOPLE.get(text(event, "Event"))
        userid = text(event, "FromUserName")
        if happening and 0 < len(userid) <= _LONGEST_USERID and userid.isprintable():
            yield PersonEvent(
                channel=self.channel,
                address=Address(type=IdentityType.WECOM_USERID, value=userid),
                happening=happening,
                at=time_of(event, self._clock()),
            )
