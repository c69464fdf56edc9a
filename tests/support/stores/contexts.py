"""A context over a test's store: what use cases work with."""

from centre.context import Context
from core.settings import Settings
from db.store import Store
from tests.support.stores.rig import KEYRING
from tests.support.workflows.flows import FakeFlows


def context_of(store: Store, settings: Settings | None = None) -> Context:
    """Return a context with this store, and workflows in memory."""
    return Context(settings or Settings(), KEYRING, store, FakeFlows())
