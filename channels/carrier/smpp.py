"""Short messages through an SMPP 3.4 message centre.

What we write is aiosmpplib's work. Its client is not used: it tells nobody which
submits were under way when a connection ended, and reads as much as a header claims
(docs/decisions/0010). SMPP has no duplicate key either.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import structlog
from aiosmpplib import protocol
from aiosmpplib.state import (
    NPI,
    TON,
    PhoneNumber,
    SmppCommand,
    SmppCommandStatus,
)
from pydantic import Field, SecretStr

from channels.carrier.sender import (
    GatewayAccount,
    GatewaySender,
    Part,
    on_its_way,
    receipt,
)
from channels.carrier.session import Incoming, Make
from channels.carrier.smpp_receipt import (
    IdForm,
    Report,
    known_id,
    report_in,
    report_in_data,
)
from channels.carrier.smpp_short import Short, data_sm, deliver_sm
from channels.carrier.smpp_text import text_in
from channels.kit.carriers import SAYS as CARRIERS_SAY
from channels.kit.codes import CodeTable, classes, refusal
from channels.kit.octets import Garbled
from channels.kit.times import Clock, after
from channels.provider import Provider, SandboxPorts
from channels.receipts import ProviderReceipt
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

_NAME = "smpp"
# A deliver_sm's message_payload has 64 kB at most.
LONGEST = 70_000
_HEADER = struct.Struct(">IIII")
_ANSWER = 0x80000000
# aiosmpplib knows no data_sm (4.7): some centres report by it.
_DATA_SM = 0x0103
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,64}")

# Command statuses by their names (SMPP 3.4 Issue 1.2, 5.1.3). From 1024 to 1279
# are the vendors' own: what is unlisted stops this message only.
CODES = CodeTable(
    provider=_NAME,
    classes=classes(
        {
            RateLimited: "ESME_RTHROTTLED ESME_RMSGQFUL",
            ProviderDown: (
                "ESME_RSYSERR ESME_RSUBMITFAIL ESME_RX_T_APPN ESME_RINVBNDSTS"
            ),
            RecipientRefused: (
                "ESME_RINVDSTADR ESME_RINVDSTTON ESME_RINVDSTNPI ESME_RDELIVERYFAILURE"
            ),
            Misconfigured: (
                "ESME_RBINDFAIL ESME_RINVPASWD ESME_RINVSYSID ESME_RALYBND "
                "ESME_RINVSRCADR ESME_RINVSRCTON ESME_RINVSRCNPI ESME_RINVSYSTYP "
                "ESME_RINVSERTYP"
            ),
            ContentRefused: (
                "ESME_RINVMSGLEN ESME_RINVESMCLASS ESME_RINVSCHED ESME_RINVEXPIRY"
            ),
        }
    ),
    unknown=ContentRefused,
    pauses={"ESME_RMSGQFUL": after(seconds=5), "ESME_RTHROTTLED": after(seconds=1)},
)
# The same, said of the sign-in.
SIGN_IN = CodeTable(
    provider=_NAME,
    classes=classes(
        {ProviderDown: "ESME_RSYSERR ESME_RMSGQFUL ESME_RTHROTTLED ESME_RX_T_APPN"}
    ),
    unknown=Misconfigured,
)


class SmppAccount(GatewayAccount):
    """An account at an SMPP message centre; `source` is what a phone shows.

    `answer_ids` and `receipt_ids` say how the centre writes a message's number in
    its answer and in its receipts, where the two differ.
    """

    port: int = Field(default=2775, ge=1, le=65535)
    probe_seconds: int = Field(default=55, ge=5, le=600)
    system_id: str = Field(pattern=r"^[\x21-\x7e]{1,15}$")
    password: SecretStr = Field(max_length=8)
    system_type: str = Field(default="", pattern=r"^[\x21-\x7e]{0,12}$")
    source: str = Field(pattern=r"^[A-Za-z0-9]{1,20}$")
    service_type: str = Field(default="", pattern=r"^[\x21-\x7e]{0,5}$")
    answer_ids: IdForm = "text"
    receipt_ids: IdForm = "text"

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            host=ports.host,
            port=ports.smpp,
            sign_name="市第一医院",
            system_id=KEY,
            # A password has eight octets.
            password=SecretStr(SECRET[:8]),
            source="10690000",
        )


@dataclass(frozen=True)
class Answer:
    """What the centre says to a request."""

    status: int
    message_id: str = ""

    @property
    def code(self) -> str:
        """The status by its name, by its number where it is a vendor's own."""
        try:
            return SmppCommandStatus(self.status).name
        except ValueError:
            return str(self.status)


class Read(NamedTuple):
    """How a PDU's body is read: the report in it, else all of it."""

    report: Callable[[bytes], Report | None]
    short: Callable[[bytes], Short]


class SmppWire:
    """SMPP as a gateway's connection needs it."""

    provider = _NAME
    header = _HEADER.size

    def __init__(self, account: SmppAccount, clock: Clock = utc_now) -> None:
        self._account = account
        self._clock = clock

    def length(self, header: bytes) -> int:
        """Return a PDU's length."""
        length = int.from_bytes(header[:4])
        if not self.header <= length <= LONGEST:
            raise ValueError("length")
        return length

    def hear(self, pdu: bytes) -> Incoming[Answer]:
        """Return what a PDU means for the connection."""
        _, command, status, number = _HEADER.unpack_from(pdu)
        if command & _ANSWER:
            text = pdu[self.header :].split(b"\0", 1)[0].decode("ascii", "replace")
            return Incoming(number, answer=Answer(status, text))
        match command:
            case SmppCommand.ENQUIRE_LINK:
                return Incoming(number, reply=protocol.EnquireLinkResp(number).pdu())
            case SmppCommand.UNBIND:
                reply = protocol.UnbindResp(number).pdu()
                return Incoming(number, reply=reply, over=True)
            case SmppCommand.DELIVER_SM:
                reply = protocol.DeliverSmResp(number).pdu()
                return self._delivered(Read(report_in, deliver_sm), number, reply, pdu)
            case _ if command == _DATA_SM:
                # data_sm_resp has an empty message_id (4.7.2).
                reply = _HEADER.pack(17, _DATA_SM | _ANSWER, 0, number) + b"\0"
                return self._delivered(
                    Read(report_in_data, data_sm), number, reply, pdu
                )
        status = SmppCommandStatus.ESME_RINVCMDID
        return Incoming(number, reply=protocol.GenericNack(number, status).pdu())

    def _delivered(
        self, read: Read, number: int, reply: bytes, pdu: bytes
    ) -> Incoming[Answer]:
        """Return the receipt or text in a PDU, or neither."""
        body = pdu[self.header :]
        try:
            if report := read.report(body):
                return Incoming(number, reply=reply, receipt=self._receipt(report))
            uplink = text_in(read.short(body), _NAME, self._clock())
        except Garbled:
            structlog.get_logger("gateway").warning("gateway.deliver_unreadable")
            return Incoming(number, reply=reply)
        return Incoming(number, reply=reply, uplink=uplink)

    def _receipt(self, report: Report) -> ProviderReceipt:
        number = known_id(report.message_id, self._account.receipt_ids)
        found = receipt(_NAME, number, report.stat, self._clock())
        return found if report.final else on_its_way(found)

    def bind(self, number: int) -> bytes:
        """Return bind_transceiver."""
        account = self._account
        return protocol.BindTransceiver(
            sequence_num=number,
            system_id=account.system_id,
            password=account.password.get_secret_value(),
            system_type=account.system_type,
        ).pdu()

    def bound(self, answer: Answer) -> None:
        """Raise if the centre refuses us."""
        if answer.status:
            raise SIGN_IN.error(answer.code, self._clock())

    def submit(self, part: Part) -> Make:
        """Return what makes a submit_sm."""
        account = self._account
        kind = TON.UNKNOWN if account.source.isdecimal() else TON.ALPHANUMERIC

        def make(number: int) -> bytes:
            submit = protocol.SubmitSm(
                sequence_num=number,
                # The library wants a text, though it takes the encoded one below.
                short_message="-",
                source=PhoneNumber(account.source, kind),
                destination=PhoneNumber(
                    part.to.removeprefix("+"), TON.INTERNATIONAL, NPI.ISDN
                ),
                service_type=account.service_type,
                esm_class=0x40 if part.total > 1 else 0,
                encoding="ucs2",
            )
            submit.set_encoded_message(part.content)
            return submit.pdu()

        return make

    def taken(self, answer: Answer) -> str:
        """Return the message_id of a submit_sm_resp."""
        if answer.status:
            raise CODES.error(answer.code, self._clock())
        if not _MESSAGE_ID.fullmatch(answer.message_id):
            raise refusal(_NAME, OutcomeUnknown, code="garbage")
        return known_id(answer.message_id, self._account.answer_ids)

    def probe(self, number: int) -> bytes:
        """Return enquire_link."""
        return protocol.EnquireLink(number).pdu()

    def farewell(self, number: int) -> bytes:
        """Return unbind."""
        return protocol.Unbind(number).pdu()


class SmppSender(GatewaySender[Answer]):
    """Sends short messages through an SMPP message centre."""

    provider: ClassVar[str] = _NAME


PROVIDER = Provider(
    SmppSender,
    SmppAccount,
    lambda account, tools: SmppSender(
        SmppWire(account, tools.clock), account, tools.receipts, tools.clock
    ),
    SmppAccount.sandbox,
    says={**CARRIERS_SAY, "ESME_RINVDSTADR": State.INVALID},
    reports=True,
)
