"""Makes another `token` key, as when the old one is known to somebody."""

import asyncio
from collections.abc import Callable

from centre.keys.keys import check_keys, log_renewal, renew_token
from core.settings import Settings
from db.store import open_store


async def another_token(settings: Settings, say: Callable[[str], None]) -> None:
    """Put it into keys.json, note it in store and audit log; say what to do next."""
    await asyncio.to_thread(renew_token, settings.database, settings.keys_file)
    keyring = await asyncio.to_thread(check_keys, settings.database, settings.keys_file)
    assert keyring is not None  # it has just been read
    store = open_store(settings.database, keyring)
    try:
        await log_renewal(store)
    finally:
        await store.close()
    say(
        f"{settings.keys_file} has another token; copy it to every host, restart all "
        "processes, and back it up."
    )
