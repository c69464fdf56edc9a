"""Provider access tokens, shared by all processes through the database."""

import secrets
from datetime import timedelta

from centre.accounts import token_queries as tokens
from centre.accounts import token_writes
from centre.accounts.token_queries import StoredToken
from channels.kit.tokens import WAIT_SECONDS, Token
from db.store import Store

# A refresh ends within WAIT_SECONDS; whoever dies in it is followed soon after.
_TURN = timedelta(seconds=WAIT_SECONDS * 2)


class SharedTokens:
    """Keeps each account's token sealed in the store, and the turn to refresh it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._holder = secrets.token_hex(8)

    async def get(self, account: str) -> Token | None:
        """Return the account's token, if one was kept."""
        async with self._store.sessions() as session:
            found = await tokens.get_token(session, account)
        if found is None:
            return None
        return Token(found.value, found.renew_at, found.expires_at, found.instead_at)

    async def put(self, account: str, token: Token) -> None:
        """Keep the account's token."""
        kept = StoredToken(
            token.value, token.renew_at, token.expires_at, token.instead_at
        )
        async with self._store.sessions.begin() as session:
            await token_writes.put_token(session, account, kept)

    async def take_turn(self, account: str) -> bool:
        """Take the turn to refresh, unless another process has it."""
        async with self._store.sessions.begin() as session:
            return await token_writes.take_turn(session, account, self._holder, _TURN)

    async def end_turn(self, account: str) -> None:
        """Give the turn back."""
        async with self._store.sessions.begin() as session:
            await token_writes.end_turn(session, account, self._holder)
