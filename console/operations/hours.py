"""Today's messages, a bar for each hour: drawn with CSS alone, told in words too."""

from collections.abc import Sequence

from nicegui import ui

from console.kit.shell import Text
from console.kit.texts import t
from console.kit.widgets import card

_DAY = 24
# An hour with any message has a bar that can be seen.
_LEAST_PERCENT = 3


def draw_hours(hours: Sequence[int]) -> None:
    """Draw how many messages each hour of the day has brought, up to now."""
    most = max(hours, default=0)
    if not most:
        return
    busiest = hours.index(most)
    said = t("home.busiest", hour=f"{busiest:02}:00", count=most)
    with card(t("home.hours")):
        with ui.element("div").classes("hmc-hours") as bars:
            bars.props["role"] = "img"
            bars.props["aria-label"] = said
            for hour in range(_DAY):
                _draw_bar(hour, hours[hour] if hour < len(hours) else 0, most)
        Text("p", said).classes("hmc-quiet")


def _draw_bar(hour: int, count: int, most: int) -> None:
    percent = max(100 * count / most, _LEAST_PERCENT) if count else 0
    with ui.element("div").classes("hmc-hour"):
        Text("span", str(count) if count else "").classes("hmc-hour-count")
        bar = ui.element("div").classes("hmc-hour-bar")
        bar.style(f"height: {percent * 0.8:.1f}px")
        Text("span", f"{hour:02}").classes("hmc-quiet")
