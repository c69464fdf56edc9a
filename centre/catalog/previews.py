"""What a channel would show of a template, cut as its provider would have it cut."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from centre.catalog.placeholders import template_placeholders
from channels.alipay import sender as alipay
from channels.base import Content, Sending
from channels.email import sender as email
from channels.hospital import workstation
from channels.kit.clip import clip
from channels.weixin import medical as wechat_medical
from channels.weixin import service_account as wechat
from channels.weixin import wecom
from core.base import Model, evolve
from core.clock import utc_now
from core.identities import ADDRESSES
from core.models import Address
from core.policies import Template
from core.text.letters import one_line
from core.text.sms_text import SmsSize, signed, sms_size
from core.words import Channel, Priority

_LINK = "https://hospital.example/m/0"
_NOBODY = UUID(int=0)
# What a card shows, where the provider's own template holds the words.
_FIELDS: Mapping[Channel, Callable[[Content], dict[str, str]]] = {
    Channel.WECHAT: wechat.fields,
    Channel.WECHAT_MINI: wechat.fields,
    Channel.WECHAT_MEDICAL: wechat_medical.business_info,
    Channel.ALIPAY: alipay.keywords,
}
# Aliyun and Tencent Cloud take these channels' values beside a template's id.
_BY_TEMPLATE = (Channel.SMS, Channel.VOICE)


class Shown(Model):
    """What one channel would show; `fields` is what the provider's template gets."""

    title: str
    body: str
    fields: dict[str, str]
    provider_template: str | None


def preview_of(template: Template, params: Mapping[str, str]) -> Shown:
    """Return what a template says and hands to the provider with these values."""
    content = Content.of(template, dict(params))
    return Shown(
        title=content.title,
        body=content.body,
        fields=provider_fields(template.channel, content),
        provider_template=content.provider_template,
    )


def provider_fields(channel: Channel, content: Content) -> dict[str, str]:
    """Return the values a provider's template is filled with, in their order."""
    if named := _FIELDS.get(channel):
        return named(content)
    if channel in _BY_TEMPLATE or content.fields:
        return content.fields or content.params
    return {}


class ChannelPreview(Model):
    """A message as its reader sees it; `size` for short messages alone."""

    channel: Channel
    title: str = ""
    body: str = ""
    fields: dict[str, str] = {}
    size: SmsSize | None = None
    link: bool = False
    at: datetime


def preview(
    template: Template, params: Mapping[str, str], signature: str = ""
) -> ChannelPreview:
    """Return what the channel shows; a placeholder without a value stays visible."""
    names = template_placeholders(template)
    values = {name: params.get(name) or "{{" + name + "}}" for name in names}
    content = Content.of(template, values, _LINK)
    return _shown(template.channel, content, signature)


def _shown(channel: Channel, content: Content, signature: str) -> ChannelPreview:
    now = utc_now()
    plain = ChannelPreview(
        channel=channel,
        title=content.title,
        body=content.body,
        fields=provider_fields(channel, content),
        at=now,
    )
    if channel is Channel.SMS:
        text = signed(content.body, signature)
        return evolve(plain, title="", body=text, size=sms_size(text))
    if channel in _FIELDS:
        return evolve(plain, link=True)
    if channel is Channel.WECOM:
        title, body = _wecom_card(content)
        return evolve(plain, title=title, body=body, link=True)
    if channel is Channel.EMAIL:
        subject = one_line(content.title) or one_line(content.body)
        title = clip(subject, email.SUBJECT_LENGTH)
        return evolve(plain, title=title, link=True)
    if channel is Channel.WORKSTATION:
        title = str(workstation.payload(_sending(channel, content))["title"])
        return evolve(plain, title=title, link=True)
    return plain


def _wecom_card(content: Content) -> tuple[str, str]:
    request = wecom.message(_sending(Channel.WECOM, content), 0)
    card = request["textcard"]
    assert isinstance(card, dict)
    return card["title"], card["description"]


def _sending(channel: Channel, content: Content) -> Sending:
    return Sending(
        id=_NOBODY,
        message_id=_NOBODY,
        channel=channel,
        priority=Priority.NORMAL,
        address=Address(type=ADDRESSES[channel][0], value="nobody"),
        content=content,
    )
