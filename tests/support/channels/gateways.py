"""Gateways for the tests of CMPP and SMPP: the sandbox's, and scripted ones."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from channels.base import Acceptance, Sending
from channels.carrier.cmpp import CmppAccount, CmppSender, CmppWire
from channels.carrier.session import SessionLimits
from channels.carrier.smpp import SmppAccount, SmppSender, SmppWire
from channels.receipts import ProviderReceipt, Reported
from channels.uplinks import Uplink
from core.words import Channel
from sandbox.kit.context import Options
from tests.support.channels.fakes import CONTENT, listening, sending
from tests.support.sandbox.rig import Rig, rig

PLAIN = CONTENT.model_copy(update={"provider_template": None})
LONG = PLAIN.model_copy(update={"body": "您的检查报告已出，请到自助机打印。" * 10})
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def cmpp_account(port: int, **changes: Any) -> CmppAccount:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "sign_name": "市第一医院",
        "source_addr": "sandbo",
        "secret": SecretStr("sandbox-secret"),
        "src_id": "10690000",
    }
    return CmppAccount.model_validate(given | changes)


def smpp_account(port: int, **changes: Any) -> SmppAccount:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "sign_name": "市第一医院",
        "system_id": "sandbox",
        "password": SecretStr("sandbox-"),
        "source": "10690000",
    }
    return SmppAccount.model_validate(given | changes)


@dataclass
class Inbox:
    """Takes receipts in, and can be waited for."""

    receipts: list[ProviderReceipt] = field(default_factory=list)
    uplinks: list[Uplink] = field(default_factory=list)
    failures: int = 0
    more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, receipts: Sequence[Reported]) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the store is down")
        async with self.more:
            for each in receipts:
                if isinstance(each, Uplink):
                    self.uplinks.append(each)
                else:
                    self.receipts.append(each)
            self.more.notify_all()

    def so_far(self, *taken: Acceptance) -> list[ProviderReceipt]:
        """Return the receipts of these texts: others' may come here too."""
        ids = {part for each in taken for part in each.part_ids}
        return [r for r in self.receipts if r.provider_message_id in ids]

    async def of(self, *taken: Acceptance) -> list[ProviderReceipt]:
        """Return the receipts of these texts, once one of each part is here."""
        count = sum(len(each.part_ids) for each in taken)
        async with asyncio.timeout(5), self.more:
            await self.more.wait_for(lambda: len(self.so_far(*taken)) >= count)
        return self.so_far(*taken)


Sender = CmppSender | SmppSender
Opened = tuple[Sender, Inbox]


@dataclass(frozen=True)
class Protocol:
    """One of the two protocols, for tests that hold for both."""

    name: str
    version: str = "2.0"

    def port(self, ports: Rig) -> int:
        port = getattr(ports.app, self.name).port
        assert port is not None
        return int(port)

    @asynccontextmanager
    async def sender(
        self, port: int, limits: SessionLimits | None = None, **changes: Any
    ) -> AsyncIterator[Opened]:
        """Yield a sender and what takes its receipts."""
        inbox = Inbox()
        sender: Sender
        if self.name == "smpp":
            smpp = smpp_account(port, **changes)
            sender = SmppSender(SmppWire(smpp), smpp, inbox, limits=limits)
        else:
            account = cmpp_account(port, version=self.version, **changes)
            sender = CmppSender(CmppWire(account), account, inbox, limits=limits)
        try:
            yield sender, inbox
        finally:
            await sender.aclose()

    @property
    def header(self) -> int:
        return 16 if self.name == "smpp" else 12

    @property
    def bind(self) -> int:
        return 9 if self.name == "smpp" else 1

    def pdu(self, command: int, number: int, body: bytes = b"") -> bytes:
        size = self.header + len(body)
        if self.name == "smpp":
            return struct.pack(">IIII", size, command, 0, number) + body
        return struct.pack(">III", size, command, number) + body

    def yes(self, command: int, number: int) -> bytes:
        """Return the answer that agrees to a request."""
        wide = self.version == "3.0"
        status = bytes(4 if wide else 1)
        bodies = {
            "smpp": {4: b"7001\0", 9: b"centre\0"},
            "cmpp": {
                1: status + bytes(16) + bytes([0x30 if wide else 0x20]),
                4: (7001).to_bytes(8) + status,
                8: b"\0",
            },
        }
        return self.pdu(command | 1 << 31, number, bodies[self.name].get(command, b""))

    async def read(self, reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
        """Return a request's command, number and body."""
        header = await reader.readexactly(self.header)
        length, command = struct.unpack_from(">II", header)
        body = await reader.readexactly(length - self.header)
        return command, int.from_bytes(header[-4:]), body

    @asynccontextmanager
    async def gateway(
        self, at_submit: Callable[["Call"], Awaitable[None]]
    ) -> AsyncIterator[int]:
        """Yield the port of a gateway that agrees to all but a SUBMIT."""

        async def serve(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            while True:
                command, number, _ = await self.read(reader)
                if command == 4:
                    await at_submit(Call(self, writer, number))
                elif command < 1 << 31:
                    writer.write(self.yes(command, number))

        async with listening(serve) as port:
            yield port


@dataclass(frozen=True)
class Call:
    """One SUBMIT, to be answered as a test likes."""

    protocol: Protocol
    writer: asyncio.StreamWriter
    number: int

    @property
    def yes(self) -> bytes:
        return self.protocol.yes(4, self.number)


PROTOCOLS = (Protocol("cmpp"), Protocol("cmpp", "3.0"), Protocol("smpp"))
NAMES = ["cmpp-2.0", "cmpp-3.0", "smpp"]


@contextmanager
def gateways(**options: Any) -> Iterator[Rig]:
    """Run a sandbox whose gateways listen."""
    given = {"cmpp_port": 0, "smpp_port": 0, "receipt_after": 0.0}
    with rig(Options(**(given | options))) as running:
        yield running


def text_to(number: str, content: Any = PLAIN) -> Sending:
    """Return a text to this Chinese number."""
    to = sending(Channel.SMS).address.model_copy(update={"value": f"+86{number}"})
    return sending(Channel.SMS, content, address=to)
