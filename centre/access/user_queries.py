"""The rows of people who may sign in, and the passwords they had."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, delete, select

from centre.access.contracts import User
from centre.access.tables import OldPasswordRow, UserRow
from core.clock import utc_now
from core.errors import NotFound
from core.words import Role
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session


async def find_user(session: Session, username: str) -> User | None:
    """Return a user."""
    row = await session.get(UserRow, username)
    return None if row is None else user_of(row)


async def the_user(session: Session, username: str) -> User:
    """Return a user; NotFound where there is none."""
    return user_of(await _row(session, username))


async def list_users(session: Session, cursor: str | None, limit: int) -> Page[User]:
    """Return users in the order of their names."""
    limit = clamp(limit)
    wanted = select(UserRow).order_by(col(UserRow.username)).limit(limit + 1)
    if cursor is not None:
        wanted = wanted.where(UserRow.username > decode_cursor(cursor, 1)[0])
    rows, more = cut((await session.exec(wanted)).all(), limit)
    following = encode_cursor(rows[-1].username) if more else None
    return Page(items=tuple(map(user_of, rows)), next=following)


async def add_user(
    session: Session,
    username: str,
    role: Role,
    digest: str,
    *,
    name: str = "",
    must_change: bool = False,
) -> User:
    """Add a user with the hash of a password."""
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
        must_change_password=must_change,
    )
    return await _saved(session, row)


async def change_user(
    session: Session, username: str, news: Mapping[str, Any]
) -> tuple[dict[str, Any], User]:
    """Change columns of a user and end its tokens; return what they were, and it."""
    row = await _row(session, username)
    before = {name: getattr(row, name) for name in news}
    row.sqlmodel_update(dict(news))
    row.epoch += 1
    return before, await _saved(session, row)


async def end_tokens(session: Session, username: str) -> User:
    """Revoke every token and session of a user."""
    return (await change_user(session, username, {}))[1]


async def has_admin(session: Session) -> bool:
    """Tell whether an administrator may sign in."""
    admins = select(UserRow.username).where(
        UserRow.role == Role.ADMIN.value, col(UserRow.enabled).is_(True)
    )
    return (await session.exec(admins.limit(1))).first() is not None


async def password_hash(session: Session, username: str) -> str | None:
    """Return the hash of a user's password, None where there is no such user."""
    row = await session.get(UserRow, username)
    return None if row is None else row.password_hash


async def old_hashes(session: Session, username: str, count: int) -> list[str]:
    """Return the hashes of the passwords that a user had last, the newest first."""
    newest = (
        select(OldPasswordRow.password_hash)
        .where(OldPasswordRow.username == username)
        .order_by(col(OldPasswordRow.set_at).desc())
        .limit(max(count, 0))
    )
    return list((await session.exec(newest)).all())


async def keep_hash(session: Session, username: str, digest: str, history: int) -> None:
    """Keep the hash of a password that is replaced, and no more than so many."""
    had = OldPasswordRow(username=username, set_at=utc_now(), password_hash=digest)
    session.add(had)
    await session.flush()
    kept = await old_hashes(session, username, max(history, 1))
    surplus = delete(OldPasswordRow).where(
        col(OldPasswordRow.username) == username,
        col(OldPasswordRow.password_hash).not_in(kept),
    )
    await session.exec(surplus)


async def note_sign_in(session: Session, username: str) -> User:
    """Note that a user has just signed in."""
    row = await _row(session, username)
    row.signed_in_at = utc_now()
    return await _saved(session, row)


def user_of(row: UserRow) -> User:
    """Return the user of a row."""
    known = row.model_dump(include=set(User.model_fields))
    return User(
        **known,
        two_factor=row.totp_secret is not None,
        must_renew=row.must_change_password,
        renewed_at=row.password_set_at,
    )


async def _row(session: Session, username: str) -> UserRow:
    row = await session.get(UserRow, username)
    if row is None:
        raise NotFound("There is no such user.")
    return row


async def _saved(session: Session, row: UserRow) -> User:
    session.add(row)
    await session.flush()
    return user_of(row)
