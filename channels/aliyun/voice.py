"""Calls that read a text aloud, through Aliyun (dyvmsapi 2017-05-25).

SingleCallByTts knows no duplicate key, and a call can be asked after only by the
CallId that its answer gives: where that answer was lost, nobody can be asked and
the report (VoiceReport), which has our OutId, is waited for.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import Field, SecretStr

from channels.aliyun.api import AliyunKey
from channels.aliyun.codes import ANSWERED, CALLS, VOICE, VOICE_SAYS
from channels.aliyun.sender import AliyunSender, template_param
from channels.base import Acceptance, Sending
from channels.kit.codes import cannot_ask
from channels.kit.http import deadline
from channels.provider import Provider, SandboxPorts
from channels.template_ids import ALIYUN_VOICE, ALIYUN_VOICE_RULES, id_of_form, required
from core.errors import DeliveryError, NotTaken, ProviderDown
from core.models import Address
from core.sandbox_keys import KEY, SECRET
from core.words import Channel, IdentityType

# The product of a text read aloud (QueryCallDetailByCallId, ProdId).
PRODUCT = "11010000138001"
_REFERENCE_LENGTH = 15


class AliyunVoiceAccount(AliyunKey):
    """An access key of Aliyun's voice service, and how its calls are made.

    `show_number` is the number bought for dedicated calls; without one, calls
    come from Aliyun's shared numbers. `confirm_key` is the key that a template
    asks people to press for "I have heard it".
    """

    base_url: str = "https://dyvmsapi.aliyuncs.com"
    show_number: str | None = Field(default=None, pattern=r"^[0-9]{5,20}$")
    play_times: int = Field(default=2, ge=1, le=3)
    confirm_key: str = Field(default="1", pattern=r"^[0-9*#]$")
    default_template: str | None = None

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            access_key_id=KEY,
            access_key_secret=SecretStr(SECRET),
            default_template="TTS_100000001",
        )


class AliyunVoiceSender(AliyunSender[AliyunVoiceAccount]):
    """Calls people with Aliyun, and asks how a call ended."""

    channel = Channel.VOICE
    version = "2017-05-25"
    codes = VOICE
    slots = 20

    async def send(self, sending: Sending) -> Acceptance:
        """Place one call; it is made after the answer."""
        return await self._place("SingleCallByTts", self._params(sending), "CallId")

    def _params(self, sending: Sending) -> dict[str, str]:
        account = self._account
        template = id_of_form(
            sending.content.provider_template, ALIYUN_VOICE, account.default_template
        )
        shown = {"CalledShowNumber": account.show_number} if account.show_number else {}
        return shown | {
            "CalledNumber": called_number(sending.address),
            "TtsCode": required(self.provider, template),
            "TtsParam": template_param(sending.content),
            "PlayTimes": str(account.play_times),
            "OutId": out_id(sending.id),
        }

    def reference(self, sending_id: UUID) -> str:
        """Return the OutId of a sending."""
        return out_id(sending_id)

    async def ask(self, sending: Sending) -> Acceptance | None:
        """Return how a call ended; never None: an unknown CallId proves nothing.

        Raises ProviderDown where nobody can say, at once for good where the
        call's CallId was never told.
        """
        number = sending.provider_message_id
        if number is None or number == out_id(sending.id):
            unknown = cannot_ask("aliyun", "no-call-id")
            unknown.retryable = False
            raise unknown
        async with self._slots.one():
            detail = await self._detail(number, deadline())
        return self._judge(str(detail.get("state", "")), number)

    async def _detail(self, number: str, until: float) -> Mapping[str, Any]:
        """Return a call's detail; ProviderDown for whatever keeps us from knowing."""
        # The day from which 24 hours are searched: an unknown end is young.
        since = self._clock() - timedelta(hours=23)
        params = {
            "CallId": number,
            "ProdId": PRODUCT,
            "QueryDate": str(int(since.timestamp() * 1000)),
        }
        try:
            reply = await self._api.call("QueryCallDetailByCallId", params, until)
            self._api.refuse(reply, VOICE)
        except DeliveryError as error:
            raise cannot_ask("aliyun", error.code) from None
        return _object(reply.text("Data"))

    def _judge(self, state: str, number: str) -> Acceptance:
        if state in ANSWERED:
            return Acceptance(
                provider=self.provider, provider_message_id=number, delivered=True
            )
        if not CALLS.knows(state):
            return Acceptance(provider=self.provider, provider_message_id=number)
        if CALLS.class_of(state) is ProviderDown:
            raise NotTaken("aliyun did not make the call", code=state)
        raise CALLS.error(state, self._clock())


PROVIDER = Provider(
    AliyunVoiceSender,
    AliyunVoiceAccount,
    lambda account, tools: AliyunVoiceSender(account, tools.http, tools.clock),
    AliyunVoiceAccount.sandbox,
    ALIYUN_VOICE_RULES,
    says=VOICE_SAYS,
    reports=True,
)


def _object(text: str) -> Mapping[str, Any]:
    """Return the JSON object that an answer holds as text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise cannot_ask("aliyun", "garbage") from None
    if not isinstance(found, dict):
        raise cannot_ask("aliyun", "garbage")
    return found


def out_id(sending_id: UUID) -> str:
    """Return 15 bytes that stand for an id: more an OutId does not take."""
    digest = hashlib.sha256(sending_id.bytes).digest()
    return base64.b32encode(digest).decode()[:_REFERENCE_LENGTH].lower()


def called_number(address: Address) -> str:
    """Return a number as Aliyun dials it: 11 digits, or a landline with its 0."""
    national = address.value.removeprefix("+86")
    if address.type is IdentityType.LANDLINE and national != address.value:
        return f"0{national}"
    return national.removeprefix("+")
