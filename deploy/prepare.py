"""What must be there before the processes start; safe to repeat."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from centre.keys.keys import open_with_keys
from centre.seeds.seeds import fill
from core.settings import Settings
from db.store import Store
from deploy.credentials import first_password, keep_clients
from deploy.files import make_private_folder
from deploy.namespace import ensure_namespace, wait_for_temporal


@dataclass(frozen=True)
class Prepared:
    """What preparation made; a new password is told to the person once."""

    clients: int = 0
    new_password: str | None = field(default=None, repr=False)


async def prepare(settings: Settings) -> Prepared:
    """Make the state folder, keys, tables, dictionaries and first administrator."""
    _, store = await open_with_keys(settings.database, settings.keys_file)
    make_private_folder(settings.state_dir)
    try:
        return await _fill(store, settings)
    finally:
        await store.close()


async def _fill(store: Store, settings: Settings) -> Prepared:
    password = first_password(settings)
    filled = await fill(store, password, partial(keep_clients, settings.state_dir))
    told = filled.administrator and not settings.admin_password
    return Prepared(filled.clients, password if told else None)


async def prepare_temporal(settings: Settings, limit: timedelta) -> None:
    """Make what a Temporal of the hospital's own lacks for us."""
    client = await wait_for_temporal(settings.temporal, limit)
    await ensure_namespace(client, settings.temporal_namespace)
