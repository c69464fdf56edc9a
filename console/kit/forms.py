"""Forms: labelled fields, and the places the server refuses shown beside them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from console.kit.errors import Refused, in_words, translated
from console.kit.texts import t
from core.errors import Invalid

Field = ValueElement[Any]
Made = TypeVar("Made", bound=Field)


@dataclass
class Form:
    """Fields by the name that errors know them by (`/password`: "password")."""

    _fields: dict[str, Field] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget the fields; others are drawn in their place."""
        self._fields.clear()

    def text(self, name: str, label: str, value: str = "", **looks: Any) -> ui.input:
        """Draw a line of text; `hint` says below what is expected."""
        made = ui.input(t(label), value=value)
        return self._added(name, made, **looks)

    def password(self, name: str, label: str, **looks: Any) -> ui.input:
        """Draw a password's field."""
        made = ui.input(t(label), password=True, password_toggle_button=True)
        return self._added(name, made, **looks)

    def area(self, name: str, label: str, value: str = "", **looks: Any) -> ui.textarea:
        """Draw a field of several lines."""
        made = ui.textarea(t(label), value=value).props("autogrow")
        return self._added(name, made, **looks)

    def number(
        self, name: str, label: str, value: float | None = None, **looks: Any
    ) -> ui.number:
        """Draw a number's field."""
        return self._added(name, ui.number(t(label), value=value), **looks)

    def choice(
        self,
        name: str,
        label: str,
        options: Mapping[str, str],
        value: Any = None,
        *,
        several: bool = False,
        **looks: Any,
    ) -> ui.select:
        """Draw a choice of one, or of several; `options` is value to text."""
        made = ui.select(
            dict(options), label=t(label), value=value, multiple=several
        ).props("use-chips" if several else "")
        return self._added(name, made, **looks)

    def switch(self, name: str, label: str, value: bool = False) -> ui.switch:
        """Draw a switch."""
        made = ui.switch(t(label), value=value)
        self._fields[name] = made
        return made

    def element(self, name: str) -> Field:
        """Return a field itself."""
        return self._fields[name]

    def value(self, name: str) -> Any:
        """Return what a field holds; texts without blanks around them."""
        held = self._fields[name].value
        return held.strip() if isinstance(held, str) else held

    def numbers(self, fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
        """Return what the number fields of a model hold, whole where it wants that.

        A browser's number field gives floats.
        """
        held = {name: self.value(name) for name in fields}
        return {
            name: int(value)
            if fields[name].annotation is int and value is not None
            else value
            for name, value in held.items()
        }

    def _added(self, name: str, made: Made, **looks: Any) -> Made:
        label = made.props["label"]
        made.props["aria-label"] = label
        made.props["name"] = name
        made.classes("w-full")
        for prop, value in looks.items():
            made.props[prop.replace("_", "-")] = value
        made.on_value_change(lambda: _clear(made))
        self._fields[name] = made
        return made

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Show what the work inside refuses beside the fields it is about.

        What belongs to no field is raised again, for `acting` to show.
        """
        for made in self._fields.values():
            _clear(made)
        try:
            yield
        except Invalid as error:
            places = {w.pointer: translated(w.detail) for w in error.errors}
            if not self._mark(places):
                raise
            raise Refused from None
        except ValidationError as error:
            places = {
                "/" + "/".join(map(str, e["loc"])): in_words(e)
                for e in error.errors(include_input=False, include_url=False)
            }
            if not self._mark(places):
                raise Invalid("; ".join(places.values())) from None
            raise Refused from None

    def _mark(self, places: Mapping[str, str]) -> bool:
        """Mark the fields at these pointers; tell whether each had one."""
        all_placed = True
        for pointer, text in places.items():
            first, _, rest = pointer.strip("/").partition("/")
            # `/values/secret` is about the field "secret" where none is "values".
            name = first if first in self._fields else rest.rpartition("/")[2]
            if name in self._fields:
                self.refuse(name, text)
            else:
                all_placed = False
        return all_placed

    def refuse(self, name: str, text: str) -> None:
        """Say at a field what is wrong with it."""
        made = self._fields[name]
        made.props["error"] = True
        made.props["error-message"] = text
        made.update()


def _clear(made: Field) -> None:
    if made.props.get("error"):
        made.props["error"] = False
        made.props["error-message"] = ""
        made.update()
