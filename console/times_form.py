"""When one scope may send: the form of its windows, quiet hours and caps."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from console.desk import desk
from console.forms import Form
from console.frame import acting
from console.shell import Text
from console.texts import t
from console.widgets import button, card, facts, note
from core.models import MessageType
from core.sending_times import SendingRules, type_scope
from core.words import Priority, Role, TypeClass
from operations.sending_times import (
    read_caps,
    read_windows,
    write_caps,
    write_windows,
)
from store import catalog, sending_times
from store.audit import Actor
from store.catalog import MessageTypeChanges


async def draw_times(scope: str, title: str, *, changes: bool) -> None:
    """Draw the rules of the hospital, of a class or of a channel."""
    with card(title):
        rules = await _rules(scope)
        if not changes:
            _draw_facts(rules)
            return
        form = Form()
        _draw_fields(form, scope, rules)

        @acting(Role.ADMIN)
        async def save(actor: Actor) -> None:
            await _put(scope, form, actor)
            ui.navigate.reload()

        _draw_save(save)


async def draw_when(kind: MessageType, *, changes: bool) -> None:
    """Draw a message type's class, and its own rules."""
    with card(t("when.title")):
        if kind.priority is Priority.CRITICAL:
            note(t("when.critical"), "warn")
        rules = await _rules(type_scope(kind.code))
        if not changes:
            facts([(t("when.class"), t(f"class.{kind.type_class}"))])
            _draw_facts(rules)
            return
        form = Form()
        classes = {c.value: t(f"class.{c}") for c in TypeClass}
        form.choice("type_class", "when.class", classes, kind.type_class.value)
        _draw_fields(form, type_scope(kind.code), rules)

        @acting(Role.ADMIN)
        async def save(actor: Actor) -> None:
            await _put(type_scope(kind.code), form, actor)
            wanted = MessageTypeChanges(type_class=form.value("type_class"))
            if wanted.type_class is not kind.type_class:
                async with desk().store.sessions.begin() as session:
                    await catalog.update_message_type(session, kind.code, wanted, actor)
            ui.navigate.reload()

        _draw_save(save)


async def _rules(scope: str) -> SendingRules:
    async with desk().store.sessions() as session:
        found = await sending_times.rules_of(session, scope)
    if found.version:
        Text("p", t("when.version", number=found.version)).classes("hmc-quiet")
    return found.rules


def _draw_facts(rules: SendingRules) -> None:
    facts(
        [
            (t("when.windows"), write_windows(rules.windows) or t("when.always")),
            (t("when.quiet"), write_windows(rules.quiet) or "—"),
            (t("when.then"), t(f"when.then_{rules.then}")),
            (t("when.caps"), write_caps(rules.caps) or "—"),
        ]
    )


def _draw_fields(form: Form, scope: str, rules: SendingRules) -> None:
    windows, quiet = write_windows(rules.windows), write_windows(rules.quiet)
    form.area("windows", "when.windows", windows, hint=t("when.windows_hint"))
    form.area("quiet", "when.quiet", quiet, hint=t("when.quiet_hint"))
    then = {word: t(f"when.then_{word}") for word in ("defer", "skip")}
    form.choice("then", "when.then", then, rules.then)
    if not _has_no_caps(scope):
        caps = write_caps(rules.caps)
        form.area("caps", "when.caps", caps, hint=t("when.caps_hint"))
    closed = rules.closed_on_holidays
    form.switch("closed_on_holidays", "when.closed_on_holidays", closed)
    if scope.startswith("type:"):
        form.switch("inherits", "when.inherits", rules.inherits)


def _draw_save(save: Callable[[], Awaitable[None]]) -> None:
    with ui.element("div").classes("hmc-buttons"):
        button(t("when.save"), save, icon="save", kind="primary")


async def _put(scope: str, form: Form, actor: Actor) -> None:
    """Add a version of the rules where the form says something new."""
    with form.checked():
        rules = SendingRules(
            windows=read_windows(form.value("windows"), "/windows"),
            quiet=read_windows(form.value("quiet"), "/quiet"),
            then=form.value("then"),
            closed_on_holidays=form.value("closed_on_holidays"),
            caps=() if _has_no_caps(scope) else read_caps(form.value("caps"), "/caps"),
            inherits=form.value("inherits") if scope.startswith("type:") else True,
        )
        async with desk().store.sessions.begin() as session:
            now = await sending_times.rules_of(session, scope)
            if rules != now.rules:
                await sending_times.put_rules(session, scope, rules, actor)


def _has_no_caps(scope: str) -> bool:
    """Tell whether a scope has no caps: a channel has limits."""
    return scope.startswith("channel:")
