"""A message drawn as its reader sees it: a bubble, a card, a letter, a pop-up."""

from collections.abc import Callable, Mapping

from nicegui import ui

from centre.catalog.previews import ChannelPreview
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import note
from core.words import Channel


def draw_preview(shown: ChannelPreview) -> None:
    """Draw a preview in the looks of its channel."""
    _LOOKS.get(shown.channel, _draw_inbox)(shown)


def _draw_sms(shown: ChannelPreview) -> None:
    with ui.element("div").classes("hmc-phone"):
        Text("div", "1069 0000 0000").classes("hmc-quiet hmc-phone-top")
        Text("div", shown.body).classes("hmc-bubble")
    size = shown.size
    if size is not None:
        key = "preview.sms_one" if size.segments <= 1 else "preview.sms_many"
        text = t(key, characters=size.characters, segments=size.segments)
        note(text, "" if size.segments <= 1 else "warn")
    _draw_values(shown.fields)


def _draw_wechat(shown: ChannelPreview) -> None:
    """Draw a service account's card: at most its fields, each on one line."""
    with ui.element("div").classes("hmc-phone"), _card():
        Text("div", shown.title or t("preview.wechat_title")).classes("hmc-card-title")
        _draw_lines(shown.fields)
        Text("div", t("preview.details")).classes("hmc-card-more")
    Text("div", t("preview.fields_only")).classes("hmc-quiet")


def _draw_wecom(shown: ChannelPreview) -> None:
    with ui.element("div").classes("hmc-phone"), _card():
        Text("div", shown.title).classes("hmc-card-title")
        Text("div", shown.body).classes("hmc-card-text")
        Text("div", t("preview.details")).classes("hmc-card-more")


def _draw_email(shown: ChannelPreview) -> None:
    with ui.element("div").classes("hmc-letter"):
        Text("div", t("preview.subject")).classes("hmc-quiet")
        Text("div", shown.title).classes("hmc-card-title")
        Text("div", shown.body).classes("hmc-card-text")
        Text("div", t("preview.link")).classes("hmc-card-more")


def _draw_workstation(shown: ChannelPreview) -> None:
    with ui.element("div").classes("hmc-popup"):
        with ui.element("div").classes("hmc-popup-top"):
            ui.icon("notifications").props("aria-hidden=true")
            Text("span", shown.title)
        Text("div", shown.body).classes("hmc-card-text")
        with ui.element("div").classes("hmc-popup-foot"):
            Text("span", t("preview.open")).classes("hmc-badge info")
            Text("span", t("preview.confirm")).classes("hmc-badge")


def _draw_inbox(shown: ChannelPreview) -> None:
    with ui.element("div").classes("hmc-letter"):
        Text("div", shown.title).classes("hmc-card-title")
        Text("div", shown.body).classes("hmc-card-text")


def _draw_voice(shown: ChannelPreview) -> None:
    with ui.element("div").classes("hmc-phone"):
        ui.icon("call").props("aria-hidden=true")
        Text("div", f"“{shown.body}”").classes("hmc-bubble")
    _draw_values(shown.fields)


def _draw_values(fields: Mapping[str, str]) -> None:
    """Draw what a provider's own template is filled with, in its order."""
    if not fields:
        return
    Text("div", t("preview.values")).classes("hmc-quiet")
    with ui.element("div").classes("hmc-phone"), _card():
        _draw_lines(fields)


def _draw_lines(fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        with ui.element("div").classes("hmc-card-line"):
            Text("span", name).classes("hmc-quiet")
            Text("span", value)


def _card() -> ui.element:
    return ui.element("div").classes("hmc-chat-card")


_LOOKS: Mapping[Channel, Callable[[ChannelPreview], None]] = {
    Channel.SMS: _draw_sms,
    Channel.WECHAT: _draw_wechat,
    Channel.WECHAT_MINI: _draw_wechat,
    Channel.WECHAT_MEDICAL: _draw_wechat,
    Channel.ALIPAY: _draw_wechat,
    Channel.WECOM: _draw_wecom,
    Channel.EMAIL: _draw_email,
    Channel.WORKSTATION: _draw_workstation,
    Channel.INBOX: _draw_inbox,
    Channel.VOICE: _draw_voice,
}
