"""The fields of a template: title, text, the provider's template and its fields."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from nicegui import ui

from centre.catalog.models import TemplateDraft
from console.kit.forms import Form
from console.kit.setup import check_given
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import button
from core.policies import Template
from core.words import Channel

# What a channel's reader never sees is not asked for.
_NO_TITLE = frozenset({Channel.SMS, Channel.VOICE})
_BY_PROVIDER = frozenset(
    {
        Channel.SMS,
        Channel.WECHAT,
        Channel.WECHAT_MINI,
        Channel.WECHAT_MEDICAL,
        Channel.ALIPAY,
        Channel.VOICE,
    }
)


@dataclass
class _Line:
    """One field of the provider's template."""

    box: ui.element
    name: ui.input
    text: ui.input


@dataclass
class TemplateForm:
    """The form of one channel's template; empty where there is none yet."""

    channel: Channel
    current: Template | None
    changes: bool
    _form: Form = field(default_factory=Form)
    _lines: list[_Line] = field(default_factory=list)
    _changed: Callable[[], None] | None = None

    def draw(self) -> None:
        """Draw the fields with the newest version in them."""
        now = self.current
        if self.channel not in _NO_TITLE:
            title = now.title if now else ""
            self._follow(self._form.text("title", "templates.field_title", title))
        hint = t("templates.body_hint")
        body = now.body if now else ""
        self._follow(self._form.area("body", "templates.body", body, hint=hint))
        if self.channel in _BY_PROVIDER:
            self._draw_provider(now)

    def _draw_provider(self, now: Template | None) -> None:
        given = (now.provider_template or "") if now else ""
        self._form.text(
            "provider_template",
            "templates.provider_template",
            given,
            hint=t(f"templates.provider_{self._kind}"),
        )
        Text("div", t(f"templates.fields_{self._kind}")).classes("hmc-quiet")
        self._room = ui.element("div").classes("hmc-fields")
        for name, text in (now.fields if now else {}).items():
            self._add(name, text)
        if self.changes:
            label = t("templates.add_field")
            button(label, lambda: self._add("", ""), icon="add", kind="quiet")

    @property
    def _kind(self) -> str:
        sms = self.channel in (Channel.SMS, Channel.VOICE)
        return "sms" if sms else "wechat"

    def _add(self, name: str, text: str) -> None:
        with self._room, ui.element("div").classes("hmc-field-line") as box:
            key = ui.input(t("templates.field_name"), value=name)
            key.props["aria-label"] = t("templates.field_name")
            said = ui.input(t("templates.field_text"), value=text)
            said.props["aria-label"] = t("templates.field_text")
            line = _Line(box, key, said)
            if self.changes:
                remove = ui.button(icon="close", on_click=lambda: self._drop(line))
                remove.props("flat dense round color=primary")
                remove.props["aria-label"] = t("templates.drop_field")
        self._lines.append(line)
        for made in (key, said):
            self._follow(made)

    def _drop(self, line: _Line) -> None:
        self._lines.remove(line)
        line.box.delete()
        self._tell()

    def _follow(self, made: ui.input | ui.textarea) -> None:
        made.props("debounce=150")
        made.set_enabled(self.changes)
        made.on_value_change(self._tell)

    def on_change(self, work: Callable[[], None]) -> None:
        """Have work done whenever something in the form has changed."""
        self._changed = work

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed()

    def standing(self) -> Template:
        """Return what stands in the form, right or wrong."""
        return Template(
            channel=self.channel,
            title=self._title,
            body=str(self._form.value("body") or ""),
            fields=dict(self._fields()),
        )

    def draft(self) -> TemplateDraft:
        """Return what stands in the form as a new version."""
        check_given(self._form, "body")
        by_provider = self.channel in _BY_PROVIDER
        given = self._form.value("provider_template") if by_provider else None
        return TemplateDraft(
            title=self._title,
            body=self._form.value("body"),
            provider_template=given or None,
            fields=dict(self._fields()),
            version=self.current.version if self.current else 0,
        )

    def checked(self) -> AbstractContextManager[None]:
        """Show what is refused beside the fields it is about."""
        return self._form.checked()

    @property
    def _title(self) -> str:
        has_title = self.channel not in _NO_TITLE
        return str(self._form.value("title") or "") if has_title else ""

    def _fields(self) -> Iterator[tuple[str, str]]:
        for line in self._lines:
            name = str(line.name.value or "").strip()
            if name:
                yield name, str(line.text.value or "").strip()
