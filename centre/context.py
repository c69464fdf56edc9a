"""What the API, the console and others share: things done, with no HTTP in them."""

from typing import Protocol

from centre.flows.ports import Deliveries
from core.settings import Settings
from db.store import Store


class Reach(Protocol):
    """What reaches messages: what is written down, and the workflows."""

    @property
    def store(self) -> Store: ...

    @property
    def deliveries(self) -> Deliveries: ...


class Parts(Reach, Protocol):
    """What an operation works with; every edge's own collection has these."""

    @property
    def settings(self) -> Settings: ...
