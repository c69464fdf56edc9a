"""Calls that read a text aloud, through Tencent Cloud (vms 2020-09-02).

SendTtsVoice knows no duplicate key, nothing asks how a call ended, and what is
pushed later has the CallId only: where the answer to a call was lost, its end
stays unknown.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self

import httpx
from pydantic import Field, SecretStr

from channels.base import Sending, Taken
from channels.kit.codes import refusal
from channels.kit.http import Line, Slots, deadline
from channels.kit.times import Clock, utc_now
from channels.provider import Provider, SandboxPorts
from channels.template_ids import TENCENT, TENCENT_RULES, id_of_form, required
from channels.tencent.api import TencentAccount, TencentApi
from channels.tencent.codes import VOICE
from channels.tencent.sms import template_params
from core.errors import OutcomeUnknown
from core.sandbox_keys import KEY, SECRET
from core.words import Channel

VERSION = "2020-09-02"
# SendTtsVoice takes twenty calls a second (document/api/1128/51558).
_SLOTS = 20


class TencentVoiceAccount(TencentAccount):
    """A key of Tencent Cloud, an application of its voice messages.

    `confirm_key` is the key that a template asks people to press for "I have
    heard it".
    """

    base_url: str = "https://vms.tencentcloudapi.com"
    play_times: int = Field(default=2, ge=1, le=3)
    confirm_key: str = Field(default="1", pattern=r"^[0-9*#]$")

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            secret_id=KEY,
            secret_key=SecretStr(SECRET),
            sdk_app_id="1400000000",
            default_template="100002",
        )


class TencentVoiceSender:
    """Calls people with Tencent Cloud."""

    channel: ClassVar[Channel] = Channel.VOICE
    provider: ClassVar[str] = "tencent"
    dedupe_window: ClassVar[timedelta | None] = None

    def __init__(
        self,
        account: TencentVoiceAccount,
        http: httpx.AsyncClient,
        clock: Clock = utc_now,
    ) -> None:
        self._account = account
        line = Line(self.provider, http, clock)
        self._api = TencentApi(line, account, "vms", VERSION)
        self._slots = Slots(self.provider, _SLOTS)

    async def send(self, sending: Sending) -> Taken:
        """Place one call; it is made after the answer."""
        params = self._params(sending)
        async with self._slots.one():
            reply = await self._api.call("SendTtsVoice", params, deadline())
        self._api.refuse(reply, VOICE)
        return self._taken(reply.entry("SendStatus"))

    def _params(self, sending: Sending) -> dict[str, object]:
        content = sending.content
        template = id_of_form(
            content.provider_template, TENCENT, self._account.default_template
        )
        return {
            "TemplateId": required(self.provider, template),
            "CalledNumber": sending.address.value,
            "VoiceSdkAppid": self._account.sdk_app_id,
            "TemplateParamSet": template_params(content),
            "PlayTimes": self._account.play_times,
            "SessionContext": str(sending.id),
        }

    def _taken(self, status: Mapping[str, Any]) -> Taken:
        number = status.get("CallId")
        if not isinstance(number, str) or not number:
            raise refusal(self.provider, OutcomeUnknown, code="garbage")
        return Taken(provider=self.provider, provider_message_id=number[:128])


PROVIDER = Provider(
    TencentVoiceSender,
    TencentVoiceAccount,
    lambda account, tools: TencentVoiceSender(account, tools.http, tools.clock),
    TencentVoiceAccount.sandbox,
    TENCENT_RULES,
)
