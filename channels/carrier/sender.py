"""Short messages through a carrier's own gateway, whichever protocol it speaks."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Generic, Protocol
from uuid import UUID

from pydantic import Field

from channels.base import Acceptance, Sending
from channels.carrier.link import Link, Pace
from channels.carrier.session import A, Make, SessionLimits, Wire
from channels.kit.carriers import CARRIERS, GONE, outcome_of, state_word
from channels.kit.codes import clean_code, refusal
from channels.kit.http import deadline
from channels.kit.long_text import parts_of
from channels.kit.times import Clock
from channels.receipts import ProviderReceipt, ReceiptSink
from core.base import Model, evolve
from core.clock import utc_now
from core.errors import ContentRefused, DeliveryError
from core.text.sms_text import signed
from core.words import Channel, Outcome


class GatewayAccount(Model):
    """Where a gateway is, and what holds for an account whatever its protocol.

    `parts_per_second` is the speed that the carrier grants, in parts of texts;
    `probe_seconds` how often we ask whether the gateway is there.
    """

    host: str = Field(min_length=1, max_length=255)
    port: int = Field(ge=1, le=65535)
    sign_name: str = Field(min_length=1, max_length=20)
    parts_per_second: int = Field(default=100, ge=1, le=10_000)
    probe_seconds: int = Field(default=180, ge=5, le=600)


@dataclass(frozen=True)
class Part:
    """One part of a text, for one number (E.164)."""

    to: str
    content: bytes
    number: int
    total: int


class Submits(Wire[A], Protocol[A]):
    """A Wire that carries texts too."""

    def submit(self, part: Part) -> Make:
        """Return what makes the request; RecipientRefused for a number not served."""
        ...

    def taken(self, answer: A) -> str:
        """Return the gateway's number for a part, or raise why it was refused."""
        ...


class GatewaySender(Generic[A]):
    """Sends texts over one long connection; their receipts come over it too."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str]
    dedupe_window: ClassVar[timedelta | None] = None

    def __init__(
        self,
        wire: Submits[A],
        account: GatewayAccount,
        receipts: ReceiptSink,
        clock: Clock = utc_now,
        limits: SessionLimits | None = None,
    ) -> None:
        self._wire = wire
        self._sign_name = account.sign_name
        self._pace = Pace(self.provider, account.parts_per_second)
        self._limits = limits or SessionLimits()
        self._clock = clock
        self._link = Link(
            wire,
            account.host,
            account.port,
            receipts,
            account.probe_seconds,
            self._limits,
        )

    async def send(self, sending: Sending) -> Acceptance:
        """Send one text, its parts in turn.

        What stops a later part is raised as if nothing had been sent: a phone
        shows no text of which a part is missing, and the next try sends it whole.
        """
        until = deadline(self._limits.send)
        requests = [self._wire.submit(part) for part in self._parts(sending)]
        # Of one part among several a late answer would tell nothing of the whole.
        late = partial(self._late, sending.id) if len(requests) == 1 else None
        ids = []
        for request in requests:
            await self._pace.one()
            ids.append(self._wire.taken(await self._link.ask(request, until, late)))
        return Acceptance(
            provider=self.provider, provider_message_id=ids[0], part_ids=tuple(ids)
        )

    def _late(self, sending_id: UUID, answer: A) -> ProviderReceipt:
        """Return what an answer tells that came after its send had ended."""
        told = ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            sending_id=sending_id,
            outcome=Outcome.ACCEPTED,
            at=self._clock(),
        )
        try:
            number = self._wire.taken(answer)
        except DeliveryError as error:
            reason, code = error.reason, error.code
            return evolve(told, outcome=Outcome.FAILED, reason=reason, code=code)
        return evolve(told, provider_message_id=number)

    def _parts(self, sending: Sending) -> list[Part]:
        text = signed(sending.content.body, self._sign_name)
        try:
            contents = parts_of(text, sending.id.int & 0xFF)
        except ValueError:
            raise refusal(self.provider, ContentRefused, code="length") from None
        to, total = sending.address.value, len(contents)
        return [Part(to, content, n, total) for n, content in enumerate(contents, 1)]

    async def aclose(self) -> None:
        """Take leave of the gateway."""
        await asyncio.shield(self._link.aclose())


def receipt(
    provider: str, message_id: str, state: str, now: datetime
) -> ProviderReceipt:
    """Return what a delivery report says of one part, by its state's word."""
    word = state_word(state)
    outcome = outcome_of(word)
    failed = outcome is Outcome.FAILED
    return ProviderReceipt(
        channel=Channel.SMS,
        provider=provider,
        provider_message_id=message_id,
        outcome=outcome or Outcome.ACCEPTED,
        understood=outcome is not None,
        reason=CARRIERS.class_of(word).reason if failed else None,
        code=clean_code(word),
        refused=word in GONE,
        at=now,
    )


def on_its_way(told: ProviderReceipt) -> ProviderReceipt:
    """Return a report that another follows: what failed now is tried again."""
    if told.outcome is not Outcome.FAILED:
        return told
    return evolve(told, outcome=Outcome.ACCEPTED, reason=None, refused=False)
