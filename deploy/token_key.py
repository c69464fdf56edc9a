"""Makes another `token` key, as when the old one is known to somebody."""

import asyncio
from collections.abc import Callable

from centre.audit import audit
from centre.audit.audit import Actor
from centre.keys.keys import check_keys, renew_token
from core.settings import Settings
from db.store import open_store


async def another_token(settings: Settings, say: Callable[[str], None]) -> None:
    """Put it into keys.json, note it in store and audit log; say what to do next."""
    await asyncio.to_thread(renew_token, settings.database, settings.keys_file)
    keyring = await asyncio.to_thread(check_keys, settings.database, settings.keys_file)
    assert keyring is not None  # it has just been read
    store = open_store(settings.database, keyring)
    try:
        async with store.sessions.begin() as session:
            await audit.write(session, Actor(who="centre"), "renew-token", "keys")
    finally:
        await store.close()
    say(
        f"{settings.keys_file} has another token; copy it to every host, restart all "
        "processes, and back it up."
    )
