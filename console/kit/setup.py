"""What the set-up pages share: who may change, names in the visitor's language."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from nicegui import ui

from centre.catalog import dictionaries
from centre.catalog.message_types import all_message_types
from console.kit.context import context
from console.kit.errors import Refused
from console.kit.forms import Form
from console.kit.shell import Text
from console.kit.texts import language, t
from console.kit.visits import present_visitor
from console.kit.widgets import badge
from core.fields import CODE
from core.words import Channel, Role

_CODE = re.compile(CODE)
_BETWEEN = re.compile(r"[\s,;，；、]+")


async def may_change() -> bool:
    """Tell whether who looks at this page may change what it shows."""
    visitor = await present_visitor(at_work=False)
    return visitor is not None and visitor.role is Role.ADMIN


def check_code(form: Form, name: str = "code") -> str:
    """Return a field's code; say what a code may be where it is none."""
    code = str(form.value(name) or "")
    if not _CODE.fullmatch(code):
        form.refuse(name, t("setup.code_rule"))
        raise Refused
    return code


def check_given(form: Form, *names: str) -> None:
    """Refuse fields that are empty and must not be."""
    missing = [name for name in names if form.value(name) in (None, "")]
    for name in missing:
        form.refuse(name, t("frame.required"))
    if missing:
        raise Refused


def entries(text: str | None) -> tuple[str, ...]:
    """Return what stands in a field of several entries: by line, blank or comma."""
    return tuple(filter(None, _BETWEEN.split(text or "")))


def in_words(name: str, name_en: str) -> str:
    """Return the name in the visitor's language."""
    return (name_en or name) if language() == "en" else name


async def channel_names() -> dict[Channel, str]:
    """Return every channel's name, in the order of the dictionary."""
    found = await dictionaries.list_channels(context())
    return {entry.code: in_words(entry.name, entry.name_en) for entry in found}


async def type_names() -> dict[str, str]:
    """Return every message type's code with its name."""
    return {
        k.code: in_words(k.name, k.name_en) for k in await all_message_types(context())
    }


def state(enabled: bool) -> tuple[str, str]:
    """Return the word for switched on or off, and its tone."""
    return t("setup.on" if enabled else "setup.off"), "good" if enabled else "bad"


def state_badge(enabled: bool) -> None:
    """Draw whether something is switched on."""
    badge(*state(enabled))


def back(target: str, text: str) -> None:
    """Draw the way to the page above."""
    with ui.link(target=target).classes("hmc-link"):
        Text("span", f"← {text}")


def code_block(text: str, label: str) -> None:
    """Draw lines of code that can be reached and scrolled by keyboard."""
    block = Text("pre", text).classes("hmc-mono hmc-code")
    block.props["tabindex"] = "0"
    block.props["role"] = "region"
    block.props["aria-label"] = label


def joined(words: Iterable[str]) -> str:
    """Return words one after the other, as the language writes it."""
    return t("setup.comma").join(words)


def names_of(codes: Iterable[str], names: Mapping[str, str]) -> str:
    """Return the names of codes."""
    return joined(names.get(code, code) for code in codes)


@contextmanager
def grid() -> Iterator[ui.element]:
    """Draw what follows side by side where there is room."""
    with ui.element("div").classes("hmc-grid") as box:
        yield box
