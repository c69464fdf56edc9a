"""People who sign in: their roles, passwords (argon2id) and lock-outs."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache

from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import Field
from sqlalchemy import case
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import Conflict, Invalid, NotFound, TooManyRequests, Wrong
from core.models import Model
from core.words import Role
from store import audit
from store.audit import Actor
from store.columns import utc_now
from store.page import Page, clamp, cut, decode_cursor, encode_cursor
from store.sql import dialect_of, insert_into, keyring_of, lock, table_of
from store.tables import SignInRow, UserRow

ADMIN = "admin"
MAX_FAILURES = 5
LOCKED_FOR = timedelta(seconds=300)
_FORGET_AFTER = timedelta(days=1)
_MIN_PASSWORD = 8
_MAX_PASSWORD = 256


class User(Model):
    """A person who may sign in. Tokens of an older `epoch` are revoked."""

    username: str
    name: str
    role: Role
    enabled: bool = True
    created_at: datetime
    epoch: int = 1
    two_factor: bool = False
    must_change_password: bool = False
    password_set_at: datetime
    signed_in_at: datetime | None = None


class UserDraft(Model):
    """A person to let in."""

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._\-]{0,63}$")
    name: str = Field(default="", max_length=128)
    role: Role
    password: str = Field(
        min_length=_MIN_PASSWORD, max_length=_MAX_PASSWORD, repr=False
    )


class UserChanges(Model):
    """What to change of a user; fields left out stay."""

    name: str = Field(default="", max_length=128)
    role: Role = Role.AUDITOR
    enabled: bool = True


async def ensure_admin(session: AsyncSession, password: str) -> bool:
    """Create the first administrator; False where there is one, left as it is."""
    if await session.get(UserRow, ADMIN) is not None:
        return False
    digest = await _hash(password)
    await lock(session, "users")
    if await session.get(UserRow, ADMIN) is not None:
        return False
    centre = Actor(who="centre")
    await _add(session, ADMIN, "", Role.ADMIN, digest, centre)
    return True


async def create_user(session: AsyncSession, draft: UserDraft, actor: Actor) -> User:
    """Let a person in; Conflict if the name is taken."""
    digest = await _hash(draft.password)
    await lock(session, "users")
    if await session.get(UserRow, draft.username) is not None:
        raise Conflict("There is already a user of this name.")
    return await _add(session, draft.username, draft.name, draft.role, digest, actor)


async def _add(
    session: AsyncSession,
    username: str,
    name: str,
    role: Role,
    digest: str,
    actor: Actor,
) -> User:
    now = utc_now()
    row = UserRow(
        username=username,
        name=name,
        role=role.value,
        password_hash=digest,
        enabled=True,
        epoch=1,
        created_at=now,
        password_set_at=now,
    )
    session.add(row)
    await session.flush()
    after = {"role": role.value}
    await audit.write(session, actor, "create", _target(username), None, after)
    return user_of(row)


async def find_user(session: AsyncSession, username: str) -> User | None:
    """Return a user."""
    row = await session.get(UserRow, username)
    return None if row is None else user_of(row)


async def list_users(
    session: AsyncSession, cursor: str | None = None, limit: int = 100
) -> Page[User]:
    """Return users in the order of their names."""
    limit = clamp(limit)
    wanted = select(UserRow).order_by(col(UserRow.username)).limit(limit + 1)
    if cursor is not None:
        wanted = wanted.where(UserRow.username > decode_cursor(cursor, 1)[0])
    rows, more = cut((await session.exec(wanted)).all(), limit)
    following = encode_cursor(rows[-1].username) if more else None
    return Page(items=tuple(map(user_of, rows)), next=following)


async def update_user(
    session: AsyncSession, username: str, changes: UserChanges, actor: Actor
) -> User:
    """Change a user and end its tokens; the last administrator stays one."""
    await lock(session, "users")
    row = await _row(session, username)
    news = changes.model_dump(mode="json", exclude_unset=True)
    before = {name: getattr(row, name) for name in news}
    row.sqlmodel_update(news)
    row.epoch += 1
    session.add(row)
    await session.flush()
    await _keep_an_admin(session)
    await audit.write(session, actor, "update", _target(username), before, news)
    return user_of(row)


async def _keep_an_admin(session: AsyncSession) -> None:
    admins = select(UserRow.username).where(
        UserRow.role == Role.ADMIN.value, col(UserRow.enabled).is_(True)
    )
    if (await session.exec(admins.limit(1))).first() is None:
        raise Conflict("There must be one enabled administrator.")


async def set_password(
    session: AsyncSession, username: str, password: str, actor: Actor
) -> None:
    """Change a password; every token of the user ends."""
    if not _MIN_PASSWORD <= len(password) <= _MAX_PASSWORD:
        detail = f"Must have {_MIN_PASSWORD} to {_MAX_PASSWORD} characters."
        raise Invalid("The password was refused.", [Wrong("/password", detail)])
    digest = await _hash(password)
    row = await _row(session, username)
    row.password_hash, row.password_set_at = digest, utc_now()
    row.epoch += 1
    session.add(row)
    await session.flush()
    await audit.write(session, actor, "set-password", _target(username))


async def verify(session: AsyncSession, username: str, password: str) -> User | None:
    """Return the enabled user whose password this is, else None.

    Counts failures, so leave the transaction without an error on None. Raises
    TooManyRequests while the name is locked (5 failures lock it for 300 s),
    whether such a user exists or not: a guess must learn nothing.
    """
    index = keyring_of(session).index("sign-in", username.casefold())
    await _refuse_if_locked(session, index)
    row = await session.get(UserRow, username)
    known = row is not None and row.enabled
    right = await _matches(password, row.password_hash if row and known else None)
    if row is None or not right:
        await _count_failure(session, index)
        return None
    # Guesses made at the same time may have locked the name meanwhile.
    await _refuse_if_locked(session, index)
    await session.exec(delete(SignInRow).where(col(SignInRow.name_index) == index))
    return user_of(row)


async def _refuse_if_locked(session: AsyncSession, index: str) -> None:
    wanted = select(SignInRow.locked_until).where(SignInRow.name_index == index)
    until = (await session.exec(wanted)).first()
    if until is not None and (left := until - utc_now()) > timedelta(0):
        raise TooManyRequests("Too many failed sign-ins under this name.", left)


async def _count_failure(session: AsyncSession, index: str) -> None:
    """Count up in one statement; the fifth failure locks and starts anew."""
    now, table = utc_now(), table_of(SignInRow)
    first = insert_into(dialect_of(session), table).values(
        name_index=index, failures=1, last_at=now, locked_until=None
    )
    failures = case((table.c.failures >= MAX_FAILURES, 1), else_=table.c.failures + 1)
    locks = table.c.failures == MAX_FAILURES - 1
    count = first.on_conflict_do_update(
        index_elements=["name_index"],
        set_={
            "failures": failures,
            "last_at": now,
            "locked_until": case((locks, now + LOCKED_FOR), else_=table.c.locked_until),
        },
    )
    await session.exec(count)
    old = delete(SignInRow).where(col(SignInRow.last_at) < now - _FORGET_AFTER)
    await session.exec(old)


@cache
def _hasher() -> Argon2Hasher:
    """OWASP's second setting for argon2id: 46 MiB, one pass, one lane."""
    return Argon2Hasher(time_cost=1, memory_cost=47_104, parallelism=1)


@cache
def _threads() -> ThreadPoolExecutor:
    """Two at a time: a storm of sign-ins must not take all memory and cores."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


@cache
def _no_ones_hash() -> str:
    return _hasher().hash("nobody has this password")


async def _hash(password: str) -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), _hasher().hash, _bytes(password))


async def _matches(password: str, digest: str | None) -> bool:
    """Compare with a hash, or with nobody's where there is no such user."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), _compare, password, digest)


def _compare(password: str, digest: str | None) -> bool:
    same = _hasher().verify(_bytes(password), digest or _no_ones_hash())
    return same and digest is not None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


async def _row(session: AsyncSession, username: str) -> UserRow:
    row = await session.get(UserRow, username)
    if row is None:
        raise NotFound("There is no such user.")
    return row


def user_of(row: UserRow) -> User:
    """Return the user of a row."""
    known = row.model_dump(include=set(User.model_fields))
    return User(**known, two_factor=row.totp_secret is not None)


def _target(username: str) -> str:
    return f"users/{username}"
