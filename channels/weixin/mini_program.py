"""WeChat mini programs: subscription messages (订阅消息).

POST /cgi-bin/message/subscribe/send; source: the mini program's page
"sendMessage". There is no duplicate key, so a lost answer is unknown. A
one-time template takes one message for each consent; what is left of those is
in a ledger, and a message without one is not even tried.
"""

from datetime import timedelta
from typing import ClassVar, Literal, Self

import httpx
from pydantic import Field, SecretStr

from channels.base import Acceptance, Sending
from channels.consents import Consents, NoLedger
from channels.kit.mini_page import page_of
from channels.kit.times import Clock
from channels.kit.tokens import TokenStore
from channels.provider import Provider, SandboxPorts
from channels.template_ids import WEIXIN_RULES, required
from channels.weixin.app import SAYS, WeixinAppAccount, WeixinSender, codes_of
from channels.weixin.service_account import fields
from core.clock import utc_now
from core.errors import (
    DeliveryError,
    OutcomeUnknown,
    Undeliverable,
)
from core.sandbox_keys import KEY, SECRET
from core.words import Channel, Priority, Reason

NO_CONSENT = "43101"
CODES = codes_of("wechat_mini")


class WechatMiniAccount(WeixinAppAccount):
    """A WeChat mini program.

    `long_term_templates` are the ids of the templates that people allow once for
    all, parted by spaces; every other one takes a message for each consent.
    """

    page: str = Field(default="", max_length=512)
    miniprogram_state: Literal["formal", "trial", "developer"] = "formal"
    long_term_templates: str = ""

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            appid=f"{KEY}-mini",
            secret=SecretStr(SECRET),
            default_template="sandbox-template",
            page="pages/message",
        )


class WechatMiniSender(WeixinSender[WechatMiniAccount]):
    """Sends subscription messages to the users of a mini program."""

    channel = Channel.WECHAT_MINI
    provider = "wechat_mini"
    dedupe_window: ClassVar[timedelta | None] = None
    codes = CODES

    def __init__(
        self,
        account: WechatMiniAccount,
        http: httpx.AsyncClient,
        store: TokenStore | None = None,
        consents: Consents | None = None,
        clock: Clock = utc_now,
    ) -> None:
        super().__init__(account, http, store, clock)
        self._consents = consents or NoLedger()
        self._long_term = frozenset(account.long_term_templates.split())

    async def send(self, sending: Sending) -> Acceptance:
        """Send one subscription message, where the person still allows one.

        The ledger may be wrong, so a critical message is tried without one.
        """
        template = self._template(sending)
        critical = sending.priority is Priority.CRITICAL
        allowed = await self._consents.allows(sending.address, template)
        if not allowed and not critical:
            raise Undeliverable(Reason.NEED_SUBSCRIBE)
        try:
            taken = await self._post(self._message(sending, template))
        except DeliveryError as error:
            await self._note(sending, template, error)
            raise
        await self._note(sending, template, None)
        return taken

    async def _post(self, message: dict[str, object]) -> Acceptance:
        reply = await self._app.call("/cgi-bin/message/subscribe/send", message)
        # The page does not document msgid; answers have it all the same.
        return Acceptance(
            provider=self.provider, provider_message_id=reply.text("msgid")
        )

    async def _note(
        self, sending: Sending, template: str, error: DeliveryError | None
    ) -> None:
        """Tell the ledger what the call has shown."""
        if error is None or isinstance(error, OutcomeUnknown):
            once = template not in self._long_term
            await self._consents.used(sending.address, template, once=once)
        elif error.code == NO_CONSENT:
            await self._consents.refused(sending.address, template)

    def _template(self, sending: Sending) -> str:
        template = sending.content.provider_template or self._account.default_template
        return required(self.provider, template)

    def _message(self, sending: Sending, template: str) -> dict[str, object]:
        content = sending.content
        message: dict[str, object] = {
            "touser": sending.address.value,
            "template_id": template,
            "miniprogram_state": self._account.miniprogram_state,
            "lang": "zh_CN",
            "data": {name: {"value": v} for name, v in fields(content).items()},
        }
        if page := page_of(self._account.page, content.link):
            message["page"] = page
        return message


PROVIDER = Provider(
    WechatMiniSender,
    WechatMiniAccount,
    lambda account, tools: WechatMiniSender(
        account, tools.http, tools.tokens, tools.consents, tools.clock
    ),
    WechatMiniAccount.sandbox,
    WEIXIN_RULES,
    says=SAYS,
    reports=True,
)
