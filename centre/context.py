"""What every use case works with; made once, where the process starts."""

from dataclasses import dataclass

from centre.flows.ports import Flows
from core.crypto import Keyring
from core.settings import Settings
from db.store import Store


@dataclass(frozen=True)
class Context:
    """The settings, the keys, what is written down, and the workflows."""

    settings: Settings
    keyring: Keyring
    store: Store
    flows: Flows
