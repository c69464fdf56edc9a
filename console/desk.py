"""What pages work with: made once, where the process starts."""

from dataclasses import dataclass, field
from typing import cast

from nicegui import app

from core.crypto import Keyring
from core.settings import Settings
from operations.deliveries import Deliveries
from operations.limits import Gate
from store import Store


@dataclass(frozen=True)
class Desk:
    """The collaborators of every page."""

    settings: Settings
    keyring: Keyring
    store: Store
    deliveries: Deliveries
    # Checking a password costs memory and time, on purpose.
    sign_ins: Gate = field(default_factory=lambda: Gate(at_once=2, waiting=40))


def desk() -> Desk:
    """Return this process's desk."""
    return cast(Desk, app.state.desk)


def use_desk(opened: Desk) -> None:
    """Make this the process's desk."""
    app.state.desk = opened
