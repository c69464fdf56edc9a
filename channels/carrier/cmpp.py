"""Short messages through China Mobile's gateway: CMPP 2.0 and 3.0.

The protocol has no duplicate key, and nothing can be asked for afterwards: what
became of a text whose answer was lost, only its receipt tells.
"""

import hashlib
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import structlog
from pydantic import Field, SecretStr

from channels.carrier import cmpp_pdu as pdus
from channels.carrier.cmpp_pdu import V20, V30, Command, Pdu
from channels.carrier.cmpp_report import unpack_report
from channels.carrier.sender import GatewayAccount, GatewaySender, Part, receipt
from channels.carrier.session import Incoming, Make
from channels.kit.carriers import SAYS as CARRIERS_SAY
from channels.kit.codes import CodeTable, classes, refusal
from channels.kit.octets import Garbled
from channels.kit.times import CHINA, Clock, after
from channels.provider import Provider, SandboxPorts
from channels.receipts import ProviderReceipt
from channels.uplinks import Uplink, decoded
from core.clock import utc_now
from core.errors import (
    ContentRefused,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.sandbox_keys import KEY, SECRET
from core.words import State

_NAME = "cmpp"
VERSIONS: Mapping[str, int] = {"2.0": V20, "3.0": V30}

# CONNECT_RESP's Status (V3.0, 8.4.1.2), told from SUBMIT_RESP's numbers by a word.
# 5 is "other".
SIGN_IN = CodeTable(
    provider=_NAME,
    classes=classes(
        {
            Misconfigured: "connect-1 connect-2 connect-3 connect-4",
            ProviderDown: "connect-5",
        }
    ),
    unknown=Misconfigured,
)

# SUBMIT_RESP's Result (8.4.3.2). A number in use twice (3) says nothing of what
# the first with it was. What carriers add stops this message only.
CODES = CodeTable(
    provider=_NAME,
    classes=classes(
        {
            ContentRefused: "1 2 4 6",
            OutcomeUnknown: "3",
            Misconfigured: "5 7 10 11 12",
            RateLimited: "8",
            RecipientRefused: "9 13",
        }
    ),
    unknown=ContentRefused,
    pauses={"8": after(seconds=1)},
)


class CmppAccount(GatewayAccount):
    """An account at a CMPP gateway.

    `source_addr` and `secret` sign in; `src_id` is the number a phone shows,
    `service_id` the service the carrier bills.
    """

    port: int = Field(default=7890, ge=1, le=65535)
    version: Literal["2.0", "3.0"] = "2.0"
    source_addr: str = Field(pattern=r"^[\x21-\x7e]{1,6}$")
    secret: SecretStr
    src_id: str = Field(pattern=r"^[0-9]{1,21}$")
    service_id: str = Field(default="", pattern=r"^[\x21-\x7e]{0,10}$")

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            host=ports.host,
            port=ports.cmpp,
            sign_name="市第一医院",
            # A Source_Addr has six octets.
            source_addr=KEY[:6],
            secret=SecretStr(SECRET),
            src_id="10690000",
        )


class CmppWire:
    """CMPP as a gateway needs it."""

    provider = _NAME
    header = pdus.HEADER

    def __init__(self, account: CmppAccount, clock: Clock = utc_now) -> None:
        self._account = account
        self._clock = clock
        self._version = VERSIONS[account.version]

    def length(self, header: bytes) -> int:
        """Return a PDU's length."""
        return pdus.length_of(header)

    def hear(self, data: bytes) -> Incoming[Pdu]:
        """Return what a PDU means for the connection."""
        try:
            pdu, number = pdus.unpack(data, self._version)
        except Garbled:
            return self._unread(data)
        match pdu:
            case pdus.ActiveTest():
                return Incoming(
                    number, reply=self._reply(pdus.ActiveTestResp(), number)
                )
            case pdus.Terminate():
                reply = self._reply(pdus.TerminateResp(), number)
                return Incoming(number, reply=reply, over=True)
            case pdus.Deliver():
                return self._delivered(number, pdu)
            case pdus.Connect() | pdus.Submit() | pdus.DeliverResp():
                raise Garbled("not a gateway's")
        return Incoming(number, answer=pdu)

    def _unread(self, data: bytes) -> Incoming[Pdu]:
        """Refuse a DELIVER that can't be read: the connection is not to blame."""
        command, number = (int.from_bytes(data[n : n + 4]) for n in (4, 8))
        msg_id = int.from_bytes(data[12:20])
        if command != Command.DELIVER:
            raise Garbled("not a gateway's")
        structlog.get_logger("gateway").warning("gateway.deliver_unreadable")
        return Incoming(number, reply=self._reply(pdus.DeliverResp(msg_id, 1), number))

    def _reply(self, pdu: Pdu, number: int) -> bytes:
        return pdus.pack(pdu, number, self._version)

    def _delivered(self, number: int, deliver: pdus.Deliver) -> Incoming[Pdu]:
        reply = self._reply(pdus.DeliverResp(deliver.msg_id), number)
        if deliver.registered_delivery == 1:
            return Incoming(number, reply=reply, receipt=self._receipt(deliver))
        return Incoming(number, reply=reply, uplink=self._text(deliver))

    def _receipt(self, deliver: pdus.Deliver) -> ProviderReceipt | None:
        """Return the receipt in a DELIVER, None where it can't be read."""
        try:
            report = unpack_report(deliver.content)
        except Garbled:
            structlog.get_logger("gateway").warning("gateway.deliver_unreadable")
            return None
        return receipt(_NAME, str(report.msg_id), report.stat, self._clock())

    def _text(self, deliver: pdus.Deliver) -> Uplink:
        headed = deliver.tp_udhi == 1
        return Uplink(
            provider=_NAME,
            number=deliver.src_terminal_id,
            text=decoded(deliver.content, deliver.msg_fmt, headed=headed),
            at=self._clock(),
        )

    def bind(self, number: int) -> bytes:
        """Return CONNECT: MD5 over name, nine zeros, secret and China's time."""
        account = self._account
        self._version = VERSIONS[account.version]
        timestamp = self._clock().astimezone(CHINA).strftime("%m%d%H%M%S")
        secret = account.secret.get_secret_value()
        signed = account.source_addr + 9 * "\0" + secret + timestamp
        connect = pdus.Connect(
            source_addr=account.source_addr,
            authenticator=hashlib.md5(signed.encode(), usedforsecurity=False).digest(),
            version=self._version,
            timestamp=int(timestamp),
        )
        return pdus.pack(connect, number, self._version)

    def bound(self, answer: Pdu) -> None:
        """Speak the gateway's version if it is the older; raise if it refuses us."""
        if not isinstance(answer, pdus.ConnectResp):
            raise refusal(_NAME, ProviderDown, code="garbage")
        if answer.status:
            raise SIGN_IN.error(f"connect-{answer.status}", self._clock())
        if V20 <= answer.version < V30:
            self._version = V20

    def submit(self, part: Part) -> Make:
        """Return what makes a SUBMIT."""
        account = self._account
        if not part.to.startswith("+86"):
            raise refusal(_NAME, RecipientRefused, code="not-domestic")
        submit = pdus.Submit(
            src_id=account.src_id,
            dest_terminal_ids=(part.to.removeprefix("+86"),),
            content=part.content,
            msg_src=account.source_addr,
            service_id=account.service_id,
            pk_total=part.total,
            pk_number=part.number,
            tp_udhi=int(part.total > 1),
        )
        return lambda number: pdus.pack(submit, number, self._version)

    def taken(self, answer: Pdu) -> str:
        """Return the Msg_Id of a SUBMIT_RESP."""
        if not isinstance(answer, pdus.SubmitResp):
            raise refusal(_NAME, OutcomeUnknown, code="garbage")
        if answer.result:
            raise CODES.error(str(answer.result), self._clock())
        return str(answer.msg_id)

    def probe(self, number: int) -> bytes:
        """Return ACTIVE_TEST."""
        return pdus.pack(pdus.ActiveTest(), number, self._version)

    def farewell(self, number: int) -> bytes:
        """Return TERMINATE."""
        return pdus.pack(pdus.Terminate(), number, self._version)


class CmppSender(GatewaySender[Pdu]):
    """Sends short messages through a CMPP gateway."""

    provider: ClassVar[str] = _NAME


PROVIDER = Provider(
    CmppSender,
    CmppAccount,
    lambda account, tools: CmppSender(
        CmppWire(account, tools.clock), account, tools.receipts, tools.clock
    ),
    CmppAccount.sandbox,
    says={**CARRIERS_SAY, "13": State.INVALID},
    reports=True,
)
