"""What every page is framed by: sign-in, role, header, navigation, language."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import quote

import structlog
from nicegui import ui
from starlette.responses import RedirectResponse, Response

from console.kit.edge import asking
from console.kit.errors import error_text
from console.kit.shell import Entry, draw_shell, heading, panel
from console.kit.texts import language_of, t
from console.kit.theme import is_dark
from console.kit.visits import COOKIE, SIGN_IN, Visitor, hold_to, visitor_of
from core.errors import Forbidden, MessageCentreError
from core.process.logs import describe
from core.words import Role

Build = Callable[..., Awaitable[None]]
# Longer than any query may take; then the page says that it took too long.
_LONGEST = 20.0

_log = structlog.get_logger("console")


@dataclass(frozen=True)
class Page:
    """A page: where it is, what it is called, who may open it, who draws it."""

    path: str
    title: str
    roles: tuple[Role, ...]
    icon: str
    headed: bool
    build: Build


def page(
    path: str,
    *,
    title: str,
    roles: Sequence[Role] = tuple(Role),
    icon: str = "article",
    headed: bool = True,
) -> Callable[[Build], Page]:
    """Make an async function a page; `title` is the key of its heading.

    `headed=False` leaves the h1 to the page: it calls `heading()` itself. List
    it in console/navigation.py: importing registers nothing.
    """

    def decorate(build: Build) -> Page:
        return Page(path, title, tuple(roles), icon, headed, build)

    return decorate


class Framed(ui.page):
    """A NiceGUI page in the browser's own language and brightness."""

    def resolve_language(self) -> Any:
        return {"zh": "zh-CN", "en": "en-US"}[language_of(asking())]

    def resolve_dark(self) -> bool | None:
        return is_dark(asking())


def serve(shown: Page, menu: Sequence[tuple[str, Sequence[Page]]]) -> None:
    """Put a page at its address, with a menu of sections beside it."""

    @wraps(shown.build)
    async def framed(*args: Any, **kwargs: Any) -> Response | None:
        request = ui.context.client.request
        visitor = await visitor_of(request)
        if visitor is None:
            return to_sign_in()
        if elsewhere := detour(visitor, shown.path):
            return elsewhere
        hold_to(ui.context.client, request.cookies[COOKIE])
        entries = _entries(menu, visitor)
        with draw_shell(t(shown.title), shown.path, visitor, entries):
            await _draw(shown, visitor, args, kwargs)
        return None

    Framed(shown.path, response_timeout=_LONGEST)(framed)


def serve_bare(path: str, build: Callable[..., Any]) -> None:
    """Put a page without frame and without sign-in at an address."""
    Framed(path, response_timeout=_LONGEST)(build)


def to_sign_in() -> Response:
    """Lead to the page for signing in, and back here afterwards."""
    return _redirect(f"{SIGN_IN}?next={quote(_here())}")


def detour(visitor: Visitor, path: str) -> Response | None:
    """Return where somebody must go first: to a new password, or a second factor."""
    if visitor.first and not visitor.may_be_at(path):
        return _redirect(visitor.first)
    return None


async def _draw(shown: Page, visitor: Visitor, args: Any, kwargs: Any) -> None:
    """Draw a page's inside, or say why it can't be shown."""
    try:
        if visitor.role not in shown.roles:
            raise Forbidden("Your role may not open this page.")
        if shown.headed:
            heading(t(shown.title))
        await shown.build(*args, **kwargs)
    except MessageCentreError as error:
        ui.context.client.status_code = error.status
        _say(error_text(error))
    except Exception as error:
        _log.error("unexpected", page=shown.path, **describe(error))
        _say(t("error.unexpected"))


def _say(text: str) -> None:
    """Replace what was drawn so far with a text."""
    room = ui.context.slot.parent
    room.clear()
    heading(t("error.title"))
    panel(text, icon="error_outline")


def _entries(
    menu: Sequence[tuple[str, Sequence[Page]]], visitor: Visitor
) -> list[tuple[str, list[Entry]]]:
    """Return the menu's sections with what this visitor may open."""
    sections = [
        (
            t(title),
            [
                Entry(p.path, t(p.title), p.icon)
                for p in pages
                if visitor.role in p.roles
            ],
        )
        for title, pages in menu
    ]
    return [(title, entries) for title, entries in sections if entries]


def _here() -> str:
    """Return the address that is asked for, without the mount's prefix."""
    request = asking()
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return f"{path}?{request.url.query}" if request.url.query else path


def _redirect(path: str) -> RedirectResponse:
    root = asking().scope.get("root_path", "")
    return RedirectResponse(f"{root}{path}", status_code=303)
