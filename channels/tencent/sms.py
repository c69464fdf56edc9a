"""Short messages through Tencent Cloud (sms 2021-01-11).

SendSms knows no duplicate key. The carriers' reports can be pulled by number,
but a message that has no report yet looks like one that was never sent: no
report never means "not sent".
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

from pydantic import Field, SecretStr

from channels.base import Acceptance, Sending
from channels.kit.carriers import CARRIERS
from channels.kit.codes import cannot_ask, refusal
from channels.kit.http import deadline
from channels.provider import Provider, SandboxPorts
from channels.template_ids import TENCENT_RULES
from channels.tencent.api import TencentAccount
from channels.tencent.codes import SMS, SMS_SAYS
from channels.tencent.sender import TencentSender, template_params
from core.errors import DeliveryError, OutcomeUnknown
from core.sandbox_keys import KEY, SECRET
from core.words import Channel

OK = "Ok"
SUCCESS, FAIL = "SUCCESS", "FAIL"

# How far back reports are pulled: an unknown end is asked about within minutes.
_BACK = timedelta(days=1)
_PAGE = 100


class TencentSmsAccount(TencentAccount):
    """A key of Tencent Cloud, an application of its short messages, a signature."""

    base_url: str = "https://sms.tencentcloudapi.com"
    sign_name: str = Field(min_length=1)

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            secret_id=KEY,
            secret_key=SecretStr(SECRET),
            sdk_app_id="1400000000",
            sign_name="市第一医院",
            default_template="100001",
        )


class TencentSmsSender(TencentSender[TencentSmsAccount]):
    """Sends short messages with Tencent Cloud, and asks what became of them."""

    channel = Channel.SMS
    service = "sms"
    version = "2021-01-11"
    codes = SMS
    slots = 50

    async def send(self, sending: Sending) -> Acceptance:
        """Send one short message to one number."""
        reply = await self._call("SendSms", self._params(sending))
        return self._taken(reply.entries("SendStatusSet"))

    def _params(self, sending: Sending) -> dict[str, object]:
        content = sending.content
        return {
            "PhoneNumberSet": [sending.address.value],
            "SmsSdkAppId": self._account.sdk_app_id,
            "SignName": self._account.sign_name,
            "TemplateId": self._template(content),
            "TemplateParamSet": template_params(content),
            "SessionContext": str(sending.id),
        }

    def _taken(self, statuses: Sequence[Mapping[str, Any]] | None) -> Acceptance:
        """Return the yes to our one number, or raise what its own code means."""
        code = statuses[0].get("Code") if statuses else None
        if not statuses or not isinstance(code, str) or not code:
            raise refusal(self.provider, OutcomeUnknown, code="garbage")
        if code != OK:
            raise SMS.error(code, self._clock())
        number = _serial(statuses[0])
        return Acceptance(provider=self.provider, provider_message_id=number)

    async def ask(self, sending: Sending) -> Acceptance | None:
        """Return what the carrier reported of a sending; never None.

        Reports carry our id only where Tencent's support has switched the
        SessionContext on for the account. Raises ProviderDown where no report
        names this sending: that says nothing about whether it was sent.
        """
        async with self._slots.one():
            reports = await self._reports(sending.address.value, deadline())
        ours = [r for r in reports if r.get("SessionContext") == str(sending.id)]
        return self._judge(ours)

    async def _reports(self, number: str, until: float) -> list[Mapping[str, Any]]:
        """Return the carriers' reports of a number; ProviderDown if none can be had."""
        now = self._clock()
        params = {
            "BeginTime": int((now - _BACK).timestamp()),
            "EndTime": int(now.timestamp()),
            "Offset": 0,
            "Limit": _PAGE,
            "PhoneNumber": number,
            "SmsSdkAppId": self._account.sdk_app_id,
        }
        try:
            reply = await self._api.call(
                "PullSmsSendStatusByPhoneNumber", params, until
            )
            self._api.refuse(reply, SMS)
        except DeliveryError as error:
            raise cannot_ask("tencent", error.code) from None
        reports = reply.entries("PullSmsSendStatusSet")
        if reports is None:
            raise cannot_ask("tencent", "garbage")
        return reports

    def _judge(self, reports: Sequence[Mapping[str, Any]]) -> Acceptance:
        by_status = {status_word(r.get("ReportStatus")): r for r in reports}
        if SUCCESS in by_status:
            number = _serial(by_status[SUCCESS])
            return Acceptance(
                provider=self.provider, provider_message_id=number, delivered=True
            )
        if FAIL in by_status:
            code = by_status[FAIL].get("Description")
            raise CARRIERS.error(str(code or "failed"), self._clock())
        raise cannot_ask("tencent", "no-report")


PROVIDER = Provider(
    TencentSmsSender,
    TencentSmsAccount,
    lambda account, tools: TencentSmsSender(account, tools.http, tools.clock),
    TencentSmsAccount.sandbox,
    TENCENT_RULES,
    says=SMS_SAYS,
    reports=True,
)


def status_word(status: object) -> str:
    """Return a report's status as it stands in the documents."""
    return status.strip().upper() if isinstance(status, str) else ""


def _serial(status: Mapping[str, Any]) -> str | None:
    """Return Tencent's number of a message, None where it gives none."""
    serial = status.get("SerialNo")
    return serial[:128] or None if isinstance(serial, str) else None
