"""When one scope may send: a form of its windows, quiet hours and caps."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from pydantic import ValidationError

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog.message_types import update_message_type
from centre.catalog.models import MessageTypeChanges
from centre.schedule import sending_times
from centre.schedule.rules import HOSPITAL, SendingRules, class_scope, type_scope
from console.catalog.time_lines import TimeRows, cap_lines, quiet_lines, window_lines
from console.catalog.time_words import times_in_words
from console.kit.acting import acting
from console.kit.context import context
from console.kit.forms import Form
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import button, card, facts, note
from core.policies import MessageType
from core.words import Priority, TypeClass


async def draw_times(scope: str, title: str, *, changes: bool) -> None:
    """Draw the rules of the hospital, of a class or of a channel."""
    with card(title):
        rules = await _rules(scope)
        if not changes:
            _draw_words(rules)
            return
        times = _TimesForm(scope, rules)

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            await times.put(actor)
            ui.navigate.reload()

        _draw_save(save)


async def draw_when(message_type: MessageType, *, changes: bool) -> None:
    """Draw a message type's class, what it keeps of others, and its own rules."""
    with card(t("when.title")):
        if message_type.priority is Priority.CRITICAL:
            note(t("when.critical"), "warn")
        rules = await _rules(type_scope(message_type.code))
        if not changes:
            facts([(t("when.class"), t(f"class.{message_type.type_class}"))])
            _draw_words(rules)
            await _draw_above(message_type, rules)
            return
        classes = {c.value: t(f"class.{c}") for c in TypeClass}
        form = Form()
        form.choice("type_class", "when.class", classes, message_type.type_class.value)
        await _draw_above(message_type, rules)
        times = _TimesForm(type_scope(message_type.code), rules)

        @acting(*ADMINS)
        async def save(actor: Actor) -> None:
            await times.put(actor)
            wanted = MessageTypeChanges(type_class=form.value("type_class"))
            if wanted.type_class is not message_type.type_class:
                await update_message_type(context(), message_type.code, wanted, actor)
            ui.navigate.reload()

        _draw_save(save)


async def _rules(scope: str) -> SendingRules:
    found = await sending_times.rules_of(context(), scope)
    if found.version:
        Text("p", t("when.version", number=found.version)).classes("hmc-quiet")
    return found.rules


def _draw_words(rules: SendingRules) -> None:
    for sentence in times_in_words(rules):
        Text("p", sentence)


async def _draw_above(message_type: MessageType, rules: SendingRules) -> None:
    """Draw what the hospital and the type's class say, where the type keeps it."""
    if not rules.inherits:
        return
    book = await sending_times.everything_set(context())
    above = {
        t("when.hospital"): HOSPITAL,
        t(f"class.{message_type.type_class}"): class_scope(message_type.type_class),
    }
    said = {
        name: " ".join(times_in_words(book.rules.get(scope, SendingRules())))
        for name, scope in above.items()
    }
    facts([(t("when.from", name=name), words) for name, words in said.items()])


class _TimesForm:
    """The fields of one scope's rules, and above them what they come to in words."""

    def __init__(self, scope: str, rules: SendingRules) -> None:
        self._scope = scope
        self._form = Form()
        self._lines: dict[str, TimeRows] = {
            "windows": window_lines(),
            "quiet": quiet_lines(),
        }
        # A channel has limits.
        if not scope.startswith("channel:"):
            self._lines["caps"] = cap_lines()
        self._draw(rules)
        for lines in self._lines.values():
            lines.on_change(self._say)
        for name in self._switches:
            self._form.element(name).on_value_change(self._say)
        self._say()

    @property
    def _switches(self) -> tuple[str, ...]:
        own = ("inherits",) if self._scope.startswith("type:") else ()
        return ("then", "closed_on_holidays", *own)

    async def put(self, actor: Actor) -> None:
        """Add a version of the rules where the form says something new."""
        kept = {name: lines.checked() for name, lines in self._lines.items()}
        with self._form.checked():
            rules = SendingRules.model_validate(kept | self._held())
            await sending_times.put_rules(context(), self._scope, rules, actor)

    def _draw(self, rules: SendingRules) -> None:
        self._words = ui.element("div").classes("hmc-say")
        self._words.props["aria-live"] = "polite"
        held = rules.model_dump()
        for name, lines in self._lines.items():
            lines.draw(held[name], f"when.{name}_none")
        then = {word: t(f"when.then_{word}") for word in ("defer", "skip")}
        self._form.choice("then", "when.then", then, rules.then)
        closed = rules.closed_on_holidays
        self._form.switch("closed_on_holidays", "when.closed_on_holidays", closed)
        if "inherits" in self._switches:
            self._form.switch("inherits", "when.inherits", rules.inherits)

    def _held(self) -> dict[str, object]:
        return {name: self._form.value(name) for name in self._switches}

    def _say(self) -> None:
        """Say what the form comes to; lines that lack something are left out."""
        kept = {name: lines.values() for name, lines in self._lines.items()}
        try:
            rules = SendingRules.model_validate(kept | self._held())
        except ValidationError:
            return
        self._words.clear()
        with self._words:
            _draw_words(rules)


def _draw_save(save: Callable[[], Awaitable[None]]) -> None:
    with ui.element("div").classes("hmc-buttons"):
        button(t("when.save"), save, icon="save", kind="primary")
