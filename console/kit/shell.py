"""The frame itself: header, user menu, navigation; headings and panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from centre.access import sessions as console_sessions
from console.kit.context import context
from console.kit.texts import LANGUAGE_COOKIE, language, t
from console.kit.theme import DARK_COOKIE, is_dark
from console.kit.visits import SESSION, Visitor, present_visitor

_ACTIONS = "hmc_actions"
_YEAR = 365 * 24 * 3600
# Tells the server, now and then, that somebody is at work here.
_WATCH = """
(() => { let last = Date.now();
  const note = () => { const now = Date.now();
    if (now - last > 20000) { last = now; emitEvent('hmc_active'); } };
  for (const kind of ['pointerdown', 'keydown', 'wheel'])
    document.addEventListener(kind, note, {capture: true, passive: true});
})();
"""


@dataclass(frozen=True)
class Entry:
    """One line of the navigation."""

    path: str
    title: str
    icon: str


class Text(TextElement):
    """An element with a tag of its own and a text, which is never HTML."""

    def __init__(self, tag: str, text: str) -> None:
        super().__init__(tag=tag, text=text)


def heading(text: str, subtitle: str | None = None) -> None:
    """Draw a page's h1, with room for its buttons on the right (see `actions`)."""
    with ui.element("div").classes("hmc-heading"):
        with ui.element("div"):
            Text("h1", text)
            if subtitle:
                Text("p", subtitle).classes("hmc-quiet")
        room = ui.element("div").classes("hmc-actions")
    ui.context.client.storage[_ACTIONS] = room


def actions() -> ui.element:
    """Return the place beside the heading: `with actions(): ui.button(...)`."""
    return cast(ui.element, ui.context.client.storage[_ACTIONS])


def panel(text: str, icon: str = "inbox") -> ui.element:
    """Draw a calm box with an icon and a text; return it, for a button inside."""
    with ui.element("div").classes("hmc-panel") as box:
        ui.icon(icon).props("aria-hidden=true")
        Text("p", text)
    return box


def draw_shell(
    title: str,
    path: str,
    visitor: Visitor,
    sections: Sequence[tuple[str, Sequence[Entry]]],
) -> ui.element:
    """Draw what stands around a page; return the room for the page itself."""
    ui.page_title(f"{title} · {t('frame.brand')}")
    drawer = _navigation(path, sections)
    with ui.header(elevated=False).classes("hmc-bar"):
        toggle = ui.button(icon="menu", on_click=drawer.toggle)
        _icon_button(toggle, t("frame.menu"))
        brand()
        ui.space()
        switches()
        _user_menu(visitor)
    room = ui.element("div").classes("hmc-main")
    ui.skip_link(t("frame.skip"), target=room)
    ui.on("hmc_active", _note_activity)
    ui.run_javascript(_WATCH)
    return room


async def _note_activity() -> None:
    await present_visitor()  # which notes that they are at work


def brand() -> None:
    """Draw the centre's name."""
    with ui.link(target="/").classes("hmc-brand"):
        ui.icon("local_hospital").props("aria-hidden=true")
        ui.label(t("frame.brand"))


def switches() -> None:
    """Draw the choice of language and of brightness."""
    other = "en" if language() == "zh" else "zh"
    tongue = ui.button(t("frame.other_language"), on_click=lambda: choose(other))
    tongue.props(f"flat dense no-caps lang={other}").classes("hmc-tool")
    dark = ui.dark_mode(is_dark(ui.context.client.request))

    def turn() -> None:
        dark.value = not dark.value
        remember(DARK_COOKIE, "1" if dark.value else "0")

    _icon_button(ui.button(icon="dark_mode", on_click=turn), t("frame.dark"))


def choose(tongue: str) -> None:
    """Take up another language: the page is drawn again."""
    remember(LANGUAGE_COOKIE, tongue)
    ui.navigate.reload()


def remember(cookie: str, value: str) -> None:
    """Keep a choice that is no secret in the browser."""
    ui.run_javascript(
        f"document.cookie = '{cookie}={value};path=/;max-age={_YEAR};samesite=lax'"
    )


def _icon_button(button: ui.button, label: str) -> None:
    button.props(f'flat dense round aria-label="{label}"').classes("hmc-tool")
    with button:
        ui.tooltip(label)


def _user_menu(visitor: Visitor) -> None:
    user = visitor.user
    label = t("frame.user_menu", name=user.username)
    with ui.button(icon="account_circle").props("flat dense no-caps") as button:
        button.props["aria-label"] = label
        button.classes("hmc-tool")
        ui.label(user.name or user.username).classes("hmc-username")
        with ui.menu().props("auto-close"):
            with ui.element("div").classes("hmc-whoami"):
                ui.label(user.name or user.username)
                role = t(f"role.{user.role}")
                ui.label(f"{user.username} · {role}").classes("hmc-quiet")
            ui.separator()
            ui.menu_item(t("account.title"), lambda: ui.navigate.to("/account"))
            ui.menu_item(t("frame.sign_out"), lambda: sign_out(visitor))


async def sign_out(visitor: Visitor) -> None:
    """End this session; every tab of it notices."""
    token = ui.context.client.storage[SESSION]
    await console_sessions.sign_out(context(), token, visitor.actor)
    ui.navigate.to("/sign-in")


def _navigation(
    path: str, sections: Sequence[tuple[str, Sequence[Entry]]]
) -> ui.left_drawer:
    drawer = ui.left_drawer(value=None, bordered=True)
    drawer.props("width=224 breakpoint=1023").classes("hmc-drawer")
    with drawer, ui.element("nav") as nav:
        nav.props["aria-label"] = t("frame.navigation")
        for title, entries in sections:
            ui.label(title).classes("hmc-section")
            for entry in entries:
                _entry(entry, here=_is_here(entry.path, path))
    return drawer


def _entry(entry: Entry, *, here: bool) -> None:
    link = ui.link(target=entry.path).classes("hmc-entry")
    if here:
        link.props('aria-current="page"').classes("hmc-here")
    with link:
        ui.icon(entry.icon).props("aria-hidden=true")
        ui.label(entry.title)


def _is_here(entry: str, path: str) -> bool:
    return path == entry or (entry != "/" and path.startswith(f"{entry}/"))
