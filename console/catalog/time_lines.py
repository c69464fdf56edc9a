"""The lines of a form of sending times: windows and caps, each with its own fields."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, get_args

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from centre.schedule.rules import Cap, Window
from console.kit.errors import Refused
from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import button

Held = Mapping[str, Any]
Fields = dict[str, ValueElement[Any]]
DAYS = tuple(range(1, 8))
# Written as the hospital writes it, whatever the browser's own language is.
_CLOCK = 'mask="##:##" placeholder="00:00" inputmode=numeric'
_TIMES = ("start", "end")
_NEW_WINDOW = Window(start="08:00", end="20:00").model_dump()
_NEW_QUIET = Window(start="22:00", end="08:00").model_dump()
_NEW_CAP = Cap(most=3, hours=24).model_dump()


@dataclass(frozen=True)
class _Line:
    """One line: what holds it, its fields, and how to read them."""

    box: ui.element
    fields: Fields


class TimeRows:
    """Lines of one kind that are added and removed; `values()` is what they hold."""

    def __init__(self, title: str, new: Held, fields: Callable[[Held], Fields]) -> None:
        self._title = t(title)
        self._new = new
        self._fields = fields
        self._lines: list[_Line] = []
        self._changed: Callable[[], None] = lambda: None

    def draw(self, held: Iterable[Held], empty: str) -> None:
        """Draw a line for each; `empty` is the text's key that says what none means."""
        with ui.element("fieldset").classes("hmc-lines"):
            Text("legend", self._title)
            self._empty = Text("p", t(empty)).classes("hmc-quiet")
            self._room = ui.element("div").classes("hmc-lines-room")
            for one in held:
                self._add(one)
            add = button(t("when.add"), self._add_new, icon="add", kind="quiet")
            add.props["aria-label"] = f"{t('when.add')}: {self._title}"
            self._button = add
        self._count()

    def on_change(self, act: Callable[[], None]) -> None:
        """Call this whenever a line changes, comes or goes."""
        self._changed = act

    def values(self) -> list[dict[str, Any]]:
        """Return what the lines hold, whole ones only."""
        held = [_read(line) for line in self._lines]
        return [one for one in held if None not in one.values() and one.get("days", 1)]

    def checked(self) -> list[dict[str, Any]]:
        """Return what the lines hold; Refused where one lacks something."""
        for line in self._lines:
            lacking = [f for n, f in line.fields.items() if _lacks(n, f)]
            if lacking or not _read(line).get("days", 1):
                first = (lacking or list(line.fields.values()))[0]
                first.props["error"] = True
                first.props["error-message"] = t("when.line_incomplete")
                first.update()
                raise Refused
        return self.values()

    def _add_new(self) -> None:
        line = self._add(self._new)
        next(iter(line.fields.values())).run_method("focus")
        self._count()

    def _add(self, held: Held) -> _Line:
        with self._room, ui.element("div").classes("hmc-time-line") as box:
            fields = self._fields(held)
            line = _Line(box, fields)
            drop = ui.button(icon="close", on_click=lambda: self._drop(line))
            drop.props("flat dense round").props["aria-label"] = t("when.remove")
        box.props["role"] = "group"
        for field in fields.values():
            field.on_value_change(lambda _, f=field: self._on_value(f))
        self._lines.append(line)
        return line

    def _drop(self, line: _Line) -> None:
        self._lines.remove(line)
        line.box.delete()
        self._button.run_method("focus")
        self._count()

    def _on_value(self, field: ValueElement[Any]) -> None:
        field.props["error"] = False
        field.update()
        self._changed()

    def _count(self) -> None:
        """Number the lines for who hears them, and say what none means."""
        for number, line in enumerate(self._lines, 1):
            line.box.props["aria-label"] = f"{self._title} {number}"
            line.box.update()
        self._empty.set_visibility(not self._lines)
        self._changed()


def window_lines() -> TimeRows:
    """Return lines of when messages may go out."""
    return TimeRows("when.windows", _NEW_WINDOW, _window_fields)


def quiet_lines() -> TimeRows:
    """Return lines of when nobody is to be disturbed."""
    return TimeRows("when.quiet", _NEW_QUIET, _window_fields)


def cap_lines() -> TimeRows:
    """Return lines of how many messages a person gets at most."""
    return TimeRows("when.caps", _NEW_CAP, _cap_fields)


def _window_fields(held: Held) -> Fields:
    fields: Fields = {
        name: _labelled(ui.input(t(f"when.{name}"), value=held[name]).props(_CLOCK))
        for name in _TIMES
    }
    with ui.element("div").classes("hmc-days"):
        for day in DAYS:
            box = ui.checkbox(t(f"day.{day}"), value=day in held["days"])
            fields[f"day.{day}"] = box.props("dense")
    return fields


def _cap_fields(held: Held) -> Fields:
    words = get_args(Cap.model_fields["then"].annotation)
    then = {word: t(f"when.cap_{word}") for word in words}
    return {
        "most": _number("when.most", held["most"], 1000),
        "hours": _number("when.hours", held["hours"], 744),
        "then": _labelled(
            ui.select(then, label=t("when.cap_then"), value=held["then"])
        ),
    }


def _number(label: str, value: int, most: int) -> ValueElement[Any]:
    return _labelled(ui.number(t(label), value=value, min=1, max=most, precision=0))


def _labelled(made: Any) -> ValueElement[Any]:
    made.props["aria-label"] = made.props["label"]
    element: ValueElement[Any] = made
    return element


def _read(line: _Line) -> dict[str, Any]:
    """Return a line's values; None for one that is not filled in."""
    values = {name: _value(name, field) for name, field in line.fields.items()}
    days = [day for day in DAYS if values.pop(f"day.{day}", False)]
    return values | ({"days": tuple(days)} if "start" in values else {})


def _value(name: str, field: ValueElement[Any]) -> Any:
    """Return what a field holds; None where that is nothing, or no time of day."""
    held = field.value
    if name in _TIMES:
        return held if _is_time(held or "") else None
    return int(held) if isinstance(held, float) else held


def _lacks(name: str, field: ValueElement[Any]) -> bool:
    return not name.startswith("day.") and _value(name, field) is None


def _is_time(text: str) -> bool:
    try:
        return f"{time.fromisoformat(text):%H:%M}" == text
    except ValueError:
        return False
