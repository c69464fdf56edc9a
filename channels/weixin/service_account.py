"""WeChat service accounts: template messages (服务号模板消息).

POST /cgi-bin/message/template/send; source: the service account's page
"Template_Message_Interface".
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Self

from pydantic import SecretStr

from channels.base import Acceptance, Content, Sending
from channels.kit.clip import ELLIPSIS, clip
from channels.provider import Provider, SandboxPorts
from channels.template_ids import WEIXIN_RULES, required
from channels.weixin.app import CODES, SAYS, WeixinAppAccount, WeixinSender
from core.sandbox_keys import KEY, SECRET
from core.text.letters import one_line
from core.words import Channel, State

# How many characters a field of each type holds, and what shows that it was
# cut: the last three types take nothing but their own characters. Numbers,
# plates, times, dates and amounts are never cut: they would say something else.
FIELD_LIMITS: Mapping[str, tuple[int, str]] = {
    "thing": (20, ELLIPSIS),
    "const": (20, ELLIPSIS),
    "character_string": (32, "..."),
    "name": (10, ""),
    "phrase": (5, ""),
    "symbol": (5, ""),
}
# A name in letters, not in Chinese characters, may be longer.
_LATIN_NAME = 20
_FIELD = re.compile(r"([a-z_]+?)[0-9]+")


class WechatAccount(WeixinAppAccount):
    """A WeChat service account."""

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            base_url=ports.url,
            appid=KEY,
            secret=SecretStr(SECRET),
            default_template="sandbox-template",
        )


class WechatSender(WeixinSender[WechatAccount]):
    """Sends template messages to the followers of a service account."""

    channel = Channel.WECHAT
    provider = "wechat"
    dedupe_window: ClassVar[timedelta | None] = timedelta(minutes=10)
    codes = CODES

    async def send(self, sending: Sending) -> Acceptance:
        """Send one template message."""
        message = self._message(sending)
        reply = await self._app.call("/cgi-bin/message/template/send", message)
        return Acceptance(
            provider=self.provider, provider_message_id=reply.text("msgid")
        )

    def _message(self, sending: Sending) -> dict[str, object]:
        content = sending.content
        template = content.provider_template or self._account.default_template
        message: dict[str, object] = {
            "touser": sending.address.value,
            "template_id": required(self.provider, template),
            "client_msg_id": sending.id.hex,
            "data": {name: {"value": v} for name, v in fields(content).items()},
        }
        if content.link:
            message["url"] = content.link
        return message


# A receipt's "failed:user block", as a code.
_SAYS = {**SAYS, "failed_user_block": State.BLOCKED}

PROVIDER = Provider(
    WechatSender,
    WechatAccount,
    lambda account, tools: WechatSender(account, tools.http, tools.tokens, tools.clock),
    WechatAccount.sandbox,
    WEIXIN_RULES,
    says=_SAYS,
    reports=True,
)


def fields(content: Content) -> dict[str, str]:
    """Return the template's fields, each cut to what its type holds.

    Where the template names none they are thing1, thing2 … from the params in
    order, or from the text where there are no params either.
    """
    named = content.fields
    if not named:
        values = list(content.params.values()) or [content.title or content.body]
        named = {f"thing{n}": value for n, value in enumerate(values, start=1)}
    return {name: field_value(name, value) for name, value in named.items()}


def field_value(name: str, value: str) -> str:
    """Return a value in one line, within its field type's limit.

    An empty value would lose the message (47003): a hyphen stands for it.
    """
    line = one_line(value) or "-"
    kind = _FIELD.fullmatch(name)
    if kind is None or kind[1] not in FIELD_LIMITS:
        return line
    limit, ellipsis = FIELD_LIMITS[kind[1]]
    if kind[1] == "name" and line.isascii():
        limit = _LATIN_NAME
    return clip(line, limit, ellipsis=ellipsis)
