"""How the console looks: colours, spacing, light and dark; all from this host."""

from pathlib import Path

from nicegui import app, ui
from starlette.requests import Request

DARK_COOKIE = "hmc_dark"
_STYLE = Path(__file__).parent.parent / "style.css"
# Readable on white: 4.5:1 at least (WCAG 2.2, 1.4.3).
_COLOURS = {
    "primary": "#0f5fae",
    "secondary": "#475569",
    "accent": "#0f766e",
    "positive": "#15803d",
    "negative": "#c02636",
    "warning": "#b45309",
    "info": "#0369a1",
}


def is_dark(request: Request) -> bool:
    """Tell whether a browser has chosen dark pages."""
    return request.cookies.get(DARK_COOKIE) == "1"


def install_theme() -> None:
    """Give every page the console's looks; once per process."""
    app.colors(**_COLOURS)
    ui.add_css(_STYLE.read_text(encoding="utf-8"), shared=True)
    ui.button.default_props("no-caps unelevated")
    ui.input.default_props("outlined dense")
    ui.number.default_props("outlined dense")
    ui.textarea.default_props("outlined dense")
    ui.select.default_props("outlined dense options-dense")
    ui.card.default_props("flat bordered")
