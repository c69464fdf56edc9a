"""What pages work with: made once, where the process starts."""

from dataclasses import dataclass, field
from typing import cast

from nicegui import app

from centre.access.sign_in import Gates
from centre.flows.ports import Deliveries
from centre.rate_limits.in_process import Gate
from console.temporal_ui import TemporalUi
from core.crypto import Keyring
from core.settings import Settings
from db.store import Store


@dataclass(frozen=True)
class Desk:
    """The collaborators of every page."""

    settings: Settings
    keyring: Keyring
    store: Store
    deliveries: Deliveries
    temporal_ui: TemporalUi
    sign_ins: Gates = field(default_factory=Gates)
    # Reading a list takes a thread for seconds: others need threads too.
    lists: Gate = field(default_factory=lambda: Gate(at_once=2, waiting=20))


def desk() -> Desk:
    """Return this process's desk."""
    return cast(Desk, app.state.desk)


def use_desk(opened: Desk) -> None:
    """Make this the process's desk."""
    app.state.desk = opened
