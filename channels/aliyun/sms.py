"""Short messages through Aliyun (dysmsapi 2017-05-25).

SendSms knows no duplicate key: where its answer was lost, QuerySendDetails
says what became of the message (help.aliyun.com, SendSms: "does not support
idempotence").
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field, SecretStr

from channels.aliyun.api import AliyunKey
from channels.aliyun.codes import CARRIERS, SMS, SMS_SAYS
from channels.aliyun.sender import AliyunSender, template_param
from channels.base import Acceptance, Sending
from channels.kit.codes import cannot_ask
from channels.kit.http import deadline
from channels.kit.times import CHINA
from channels.provider import Provider, SandboxPorts
from channels.template_ids import (
    ALIYUN_SMS,
    ALIYUN_SMS_RULES,
    id_of_form,
    required,
)
from core.errors import DeliveryError
from core.sandbox_keys import KEY, SECRET
from core.words import Channel

_WAITING, _FAILED, _DELIVERED = "1", "2", "3"
_PAGE = 50
_MOST_PAGES = 4


class AliyunAccount(AliyunKey):
    """An access key of Aliyun's short messages, and the signature it sends under."""

    base_url: str = "https://dysmsapi.aliyuncs.com"
    sign_name: str = Field(min_length=1)
    default_template: str | None = None

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            access_key_id=KEY,
            access_key_secret=SecretStr(SECRET),
            sign_name="市第一医院",
            default_template="SMS_100000001",
        )


class AliyunSmsSender(AliyunSender[AliyunAccount]):
    """Sends short messages with Aliyun, and asks what became of them."""

    channel = Channel.SMS
    version = "2017-05-25"
    codes = SMS
    slots = 50

    async def send(self, sending: Sending) -> Acceptance:
        """Send one short message."""
        return await self._place("SendSms", self._params(sending), "BizId")

    def _params(self, sending: Sending) -> dict[str, str]:
        content = sending.content
        template = id_of_form(
            content.provider_template, ALIYUN_SMS, self._account.default_template
        )
        return {
            "PhoneNumbers": phone(sending.address.value),
            "SignName": self._account.sign_name,
            "TemplateCode": required(self.provider, template),
            "TemplateParam": template_param(content),
            "OutId": str(sending.id),
        }

    async def ask(self, sending: Sending) -> Acceptance | None:
        """Return what became of a message by its OutId, None if it is not known.

        Asked by China's day, today's and yesterday's: the send may have been
        shortly before midnight.
        """
        until = deadline()
        today = self._clock().astimezone(CHINA)
        async with self._slots.one():
            for day in (today, today - timedelta(days=1)):
                found = await self._sent_on(day, sending, until)
                if found:
                    return self._judge(found)
        return None

    async def _sent_on(
        self, day: datetime, sending: Sending, until: float
    ) -> list[Mapping[str, Any]]:
        """Return every detail of this sending on that day."""
        found: list[Mapping[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            params = {
                "PhoneNumber": phone(sending.address.value),
                "SendDate": day.strftime("%Y%m%d"),
                "PageSize": str(_PAGE),
                "CurrentPage": str(page),
            }
            details = await self._details(params, until)
            found += [d for d in details if d.get("OutId") == str(sending.id)]
            if len(details) < _PAGE:
                break
        return found

    async def _details(
        self, params: Mapping[str, str], until: float
    ) -> list[Mapping[str, Any]]:
        """Return one page; ProviderDown for whatever keeps us from knowing."""
        try:
            reply = await self._api.call("QuerySendDetails", params, until)
            self._api.refuse(reply, SMS)
        except DeliveryError as error:
            raise cannot_ask("aliyun", error.code) from None
        details = _list_in(reply.data)
        if details is None:
            raise cannot_ask("aliyun", "garbage")
        return details

    def _judge(self, details: Iterable[Mapping[str, Any]]) -> Acceptance:
        """Return the best that is known; raise if all that is known is failure."""
        by_status = {str(detail.get("SendStatus")): detail for detail in details}
        if _DELIVERED in by_status:
            return Acceptance(provider=self.provider, delivered=True)
        if _FAILED in by_status and _WAITING not in by_status:
            code = by_status[_FAILED].get("ErrCode")
            raise CARRIERS.error(str(code or "failed"), self._clock())
        return Acceptance(provider=self.provider)


PROVIDER = Provider(
    AliyunSmsSender,
    AliyunAccount,
    lambda account, tools: AliyunSmsSender(account, tools.http, tools.clock),
    AliyunAccount.sandbox,
    ALIYUN_SMS_RULES,
    says=SMS_SAYS,
    reports=True,
)


def _list_in(data: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    outer = data.get("SmsSendDetailDTOs")
    inner = outer.get("SmsSendDetailDTO", []) if isinstance(outer, dict) else None
    if not isinstance(inner, list):
        return None
    return [detail for detail in inner if isinstance(detail, dict)]


def phone(number: str) -> str:
    """Return a number as Aliyun takes it: 11 digits, or country code and number."""
    return number.removeprefix("+86").removeprefix("+")
