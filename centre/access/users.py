"""People who may sign in: their roles, and who changes them."""

from datetime import datetime

from pydantic import Field
from sqlmodel import col, select

from centre.access import passwords, sign_in_places
from centre.access.passwords import PasswordRules, check_password, hashed
from centre.access.tables import UserRow
from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.names import ADMIN, CENTRE, refuse_username
from core.base import Model
from core.errors import Conflict, NotFound
from core.fields import USERNAME
from core.text.plain_text import PlainText
from core.words import Role
from db.columns import utc_now
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session
from db.sql import lock


class User(Model):
    """A person who may sign in. Tokens of an older `epoch` are revoked.

    `renewed_at` is when the password was set; `must_renew` asks for another.
    """

    username: str
    name: str
    role: Role
    enabled: bool = True
    created_at: datetime
    epoch: int = 1
    two_factor: bool = False
    must_renew: bool = False
    renewed_at: datetime
    signed_in_at: datetime | None = None


class UserDraft(Model):
    """A person to let in."""

    username: str = Field(pattern=USERNAME)
    name: PlainText = Field(default="", max_length=128)
    role: Role
    password: str = Field(
        min_length=passwords.MIN_LENGTH, max_length=passwords.MAX_LENGTH, repr=False
    )


class UserChanges(Model):
    """What to change of a user; fields left out stay."""

    name: PlainText = Field(default="", max_length=128)
    role: Role = Role.AUDITOR
    enabled: bool = True


async def ensure_admin(session: Session, password: str) -> bool:
    """Create the first administrator; False where there is one, left as it is."""
    if await session.get(UserRow, ADMIN) is not None:
        return False
    digest = await hashed(password)
    await lock(session, "users")
    if await session.get(UserRow, ADMIN) is not None:
        return False
    centre = Actor(who=CENTRE)
    await _add(session, ADMIN, "", Role.ADMIN, digest, centre)
    return True


async def create_user(session: Session, draft: UserDraft, actor: Actor) -> User:
    """Let a person in, who changes the password at once; Conflict if known."""
    check_password(draft.username, draft.password)
    digest = await hashed(draft.password)
    await lock(session, "users")
    if await session.get(UserRow, draft.username) is not None:
        raise Conflict("There is already a user of this name.")
    await refuse_username(session, draft.username)
    name, role = draft.name, draft.role
    return await _add(session, draft.username, name, role, digest, actor, first=True)


async def _add(
    session: Session,
    username: str,
    name: str,
    role: Role,
    digest: str,
    actor: Actor,
    *,
    first: bool = False,
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
        must_change_password=first,
    )
    session.add(row)
    await session.flush()
    after = {"role": role.value}
    await audit.write(session, actor, "create", _target(username), None, after)
    return user_of(row)


async def find_user(session: Session, username: str) -> User | None:
    """Return a user."""
    row = await session.get(UserRow, username)
    return None if row is None else user_of(row)


async def list_users(
    session: Session, cursor: str | None = None, limit: int = 100
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
    session: Session, username: str, changes: UserChanges, actor: Actor
) -> User:
    """Change a user and end its tokens; the last administrator stays one.

    Nobody disables themselves or takes up another role.
    """
    if actor.who == username and {"enabled", "role"} & changes.model_fields_set:
        raise Conflict("Another administrator must change this for you.")
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


async def _keep_an_admin(session: Session) -> None:
    admins = select(UserRow.username).where(
        UserRow.role == Role.ADMIN.value, col(UserRow.enabled).is_(True)
    )
    if (await session.exec(admins.limit(1))).first() is None:
        raise Conflict("There must be one enabled administrator.")


async def set_password(
    session: Session,
    username: str,
    password: str,
    actor: Actor,
    rules: PasswordRules | None = None,
) -> User:
    """Change a password; every token and session of the user ends.

    Where they have signed in from is forgotten. Who got the password from
    somebody else has to change it at the next sign-in.
    """
    check_password(username, password)
    rules = rules or PasswordRules()
    row = await _row(session, username)
    await passwords.refuse_old(session, row, password, rules)
    await passwords.remember(session, row, rules)
    row.password_hash, row.password_set_at = await hashed(password), utc_now()
    row.must_change_password = actor.who != username
    row.epoch += 1
    session.add(row)
    await session.flush()
    await sign_in_places.forget(session, username)
    await audit.write(session, actor, "set-password", _target(username))
    return user_of(row)


async def end_sessions(session: Session, username: str, actor: Actor) -> None:
    """End every token and session of a user."""
    row = await _row(session, username)
    row.epoch += 1
    session.add(row)
    await session.flush()
    await audit.write(session, actor, "end-sessions", _target(username))


async def _row(session: Session, username: str) -> UserRow:
    row = await session.get(UserRow, username)
    if row is None:
        raise unknown()
    return row


def unknown() -> NotFound:
    """Return the error for a name that nobody has."""
    return NotFound("There is no such user.")


def user_of(row: UserRow) -> User:
    """Return the user of a row."""
    known = row.model_dump(include=set(User.model_fields))
    return User(
        **known,
        two_factor=row.totp_secret is not None,
        must_renew=row.must_change_password,
        renewed_at=row.password_set_at,
    )


def _target(username: str) -> str:
    return f"users/{username}"
