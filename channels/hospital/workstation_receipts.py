"""What the workstations' gateway reports of a pop-up: signed as ours are to it.

`{"type": "ack", "id", "stage": "received|displayed|confirmed|rejected", "user"?,
"at"?}` with `X-MC-Id`, `X-MC-Timestamp` and `X-MC-Signature` over the body.
"""

import hmac
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from channels.hospital.workstation import WorkstationAccount, signature
from channels.kit.times import Clock
from channels.receipts import (
    CallbackReply,
    Inbound,
    Parsed,
    ProviderReceipt,
    ReceiptKeys,
)
from core.clock import utc_now
from core.errors import Forged, Malformed
from core.words import Channel, Outcome, Reason

CLOCK_SKEW = timedelta(minutes=5)
STAGES: Mapping[str, Outcome] = {
    "received": Outcome.ACCEPTED,
    "displayed": Outcome.DELIVERED,
    "confirmed": Outcome.READ,
    "rejected": Outcome.FAILED,
}
_SECONDS = re.compile(r"[0-9]{1,12}")


class WorkstationReceipts:
    """Reads acknowledgements."""

    channel: ClassVar[Channel] = Channel.WORKSTATION
    provider: ClassVar[str] = "workstation"

    def __init__(
        self, account: WorkstationAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._secret = account.secret.get_secret_value()
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return the receipt of one acknowledgement."""
        self._check(call)
        return Parsed(CallbackReply(), (self._receipt(call.body),))

    def _check(self, call: Inbound) -> None:
        id, timestamp, given = (
            call.headers.get(f"x-mc-{name}", "")
            for name in ("id", "timestamp", "signature")
        )
        right = signature(self._secret, id, timestamp, call.body)
        if not hmac.compare_digest(given.encode(), right.encode()):
            raise Forged("The signature is not right.")
        if not _SECONDS.fullmatch(timestamp):
            raise Forged("The timestamp is not right.")
        age = abs(self._clock().timestamp() - int(timestamp))
        if age > CLOCK_SKEW.total_seconds():
            raise Forged("The timestamp is too old.")

    def _receipt(self, body: bytes) -> ProviderReceipt:
        try:
            ack = json.loads(body)
            outcome = STAGES[ack["stage"]]
            sending = UUID(ack["id"])
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            raise Malformed("The body is not an acknowledgement.") from None
        failed = outcome is Outcome.FAILED
        return ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            sending_id=sending,
            outcome=outcome,
            reason=Reason.RECEIPT_FAILED if failed else None,
            code=ack["stage"],
            at=_time(ack.get("at"), self._clock()),
        )


def _time(value: object, now: datetime) -> datetime:
    """Return an RFC 3339 time with an offset; now where it is none."""
    with suppress(ValueError):
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at if at.utcoffset() is not None else now
    return now
