"""Calls that read a text aloud, through Tencent Cloud (vms 2020-09-02).

SendTtsVoice knows no duplicate key, nothing asks how a call ended, and what is
pushed later has the CallId only: where the answer to a call was lost, its end
stays unknown.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, SecretStr

from channels.base import Acceptance, Sending
from channels.kit.codes import refusal
from channels.provider import Provider, SandboxPorts
from channels.template_ids import TENCENT_RULES
from channels.tencent.api import TencentAccount
from channels.tencent.codes import VOICE, VOICE_SAYS
from channels.tencent.sender import TencentSender, template_params
from core.errors import OutcomeUnknown
from core.sandbox_keys import KEY, SECRET
from core.words import Channel


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


class TencentVoiceSender(TencentSender[TencentVoiceAccount]):
    """Calls people with Tencent Cloud."""

    channel = Channel.VOICE
    service = "vms"
    version = "2020-09-02"
    codes = VOICE
    # SendTtsVoice takes twenty calls a second (document/api/1128/51558).
    slots = 20

    async def send(self, sending: Sending) -> Acceptance:
        """Place one call; it is made after the answer."""
        reply = await self._call("SendTtsVoice", self._params(sending))
        return self._taken(reply.entry("SendStatus"))

    def _params(self, sending: Sending) -> dict[str, object]:
        return {
            "TemplateId": self._template(sending.content),
            "CalledNumber": sending.address.value,
            "VoiceSdkAppid": self._account.sdk_app_id,
            "TemplateParamSet": template_params(sending.content),
            "PlayTimes": self._account.play_times,
            "SessionContext": str(sending.id),
        }

    def _taken(self, status: Mapping[str, Any]) -> Acceptance:
        number = status.get("CallId")
        if not isinstance(number, str) or not number:
            raise refusal(self.provider, OutcomeUnknown, code="garbage")
        return Acceptance(provider=self.provider, provider_message_id=number[:128])


PROVIDER = Provider(
    TencentVoiceSender,
    TencentVoiceAccount,
    lambda account, tools: TencentVoiceSender(account, tools.http, tools.clock),
    TencentVoiceAccount.sandbox,
    TENCENT_RULES,
    says=VOICE_SAYS,
    reports=True,
)
