"""What pages work with: made once, where the process starts."""

from dataclasses import dataclass, field
from typing import cast

from nicegui import app

from centre.access.sign_in import Gates
from centre.context import Context
from centre.rate_limits.in_process import Gate
from console.temporal_ui import TemporalUi


@dataclass(frozen=True)
class ConsoleContext(Context):
    """The collaborators of every page."""

    temporal_ui: TemporalUi
    sign_ins: Gates = field(default_factory=Gates)
    # Reading a list takes a thread for seconds: others need threads too.
    lists: Gate = field(default_factory=lambda: Gate(at_once=2, waiting=20))


def context() -> ConsoleContext:
    """Return this process's context."""
    return cast(ConsoleContext, app.state.context)


def use_context(opened: ConsoleContext) -> None:
    """Make this the process's context."""
    app.state.context = opened
