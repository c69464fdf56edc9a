"""WeChat's medical assistant (微信就医助手): notices on the steps of a visit.

POST /cityservice/sendchannelmsg; source: the service account's page
"api_cityservice_sendchannelmsg". Nobody need follow or subscribe. The kind of
notice is a status (1501001 …), which is the template's number here, and its
fields are the notice's `business_info`. WeChat drops a second msg_id of the same
person and order.
"""

from datetime import timedelta
from typing import ClassVar, Self

from pydantic import Field, SecretStr

from channels.base import Acceptance, Content, Sending
from channels.kit.codes import CodeTable, classes, refusal
from channels.provider import Provider, SandboxPorts
from channels.template_ids import WEIXIN_MEDICAL_RULES
from channels.weixin.app import SAYS, WeixinAppAccount, WeixinSender, codes_of
from core.errors import ContentRefused, Misconfigured
from core.sandbox_keys import KEY, SECRET
from core.text.letters import one_line
from core.words import Channel

# 82446: business_info is wrong; 82459: the mini program is not bound to the account.
CODES = codes_of(
    "wechat_medical",
    CodeTable(
        provider="wechat_medical",
        classes=classes({ContentRefused: "82446", Misconfigured: "82459"}),
        unknown=ContentRefused,
    ),
)
# The field that names the visit or order; the others are business_info.
ORDER = "order_id"


class WechatMedicalAccount(WeixinAppAccount):
    """The account that the hospital joined the medical assistant with.

    `mini_appid` is the mini program that a notice opens, the account's own app
    where there is none.
    """

    mini_appid: str | None = Field(default=None, pattern=r"^[\x21-\x7e]+$")
    business_id: int = Field(default=150, ge=1)

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            appid=f"{KEY}-medical",
            secret=SecretStr(SECRET),
            default_template="1501001",
        )


class WechatMedicalSender(WeixinSender[WechatMedicalAccount]):
    """Sends the medical assistant's notices."""

    channel = Channel.WECHAT_MEDICAL
    provider = "wechat_medical"
    # How long a msg_id is remembered is not said; a retry comes within the hour.
    dedupe_window: ClassVar[timedelta | None] = timedelta(hours=1)
    codes = CODES

    async def send(self, sending: Sending) -> Acceptance:
        """Send one notice."""
        message = self._message(sending)
        await self._app.call("/cityservice/sendchannelmsg", message)
        return Acceptance(provider=self.provider, provider_message_id=sending.id.hex)

    def _message(self, sending: Sending) -> dict[str, object]:
        account, content = self._account, sending.content
        status = content.provider_template or account.default_template
        if not status or not status.isascii() or not status.isdigit():
            raise refusal(self.provider, Misconfigured, code="no-template")
        info = business_info(content)
        order = info.pop(ORDER, sending.message_id.hex)
        return {
            "status": int(status),
            "open_id": sending.address.value,
            "order_id": order,
            "msg_id": sending.id.hex,
            "app_id": account.mini_appid or account.appid,
            "business_id": account.business_id,
            "business_info": info,
        }


PROVIDER = Provider(
    WechatMedicalSender,
    WechatMedicalAccount,
    lambda account, tools: WechatMedicalSender(
        account, tools.http, tools.tokens, tools.clock
    ),
    WechatMedicalAccount.sandbox,
    WEIXIN_MEDICAL_RULES,
    says=SAYS,
)


def business_info(content: Content) -> dict[str, str]:
    """Return a notice's fields, each in one line; the order may be among them."""
    named = content.fields or content.params or {"content": content.body}
    return {name: one_line(value) or "-" for name, value in named.items()}
