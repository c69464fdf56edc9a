"""People who may sign in: their roles, and who changes them."""

from centre.access import passwords, sign_in_place_queries, user_queries
from centre.access.contracts import User, UserChanges, UserDraft
from centre.access.passwords import PasswordRules, check_password, hashed, rules_of
from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.names import ADMIN, CENTRE, refuse_username
from centre.audit.roles import ADMINS, AUDITORS
from centre.context import Context
from core.clock import utc_now
from core.errors import Conflict, NotFound
from core.words import Role
from db.pages import Page
from db.session import Session
from db.sql import lock
from db.store import Store

_OWN_PASSWORD = (
    "One's own password is changed at POST /v1/session/password, or under My account"
    " in the console, knowing the old one."
)


async def first_admin(store: Store, password: str) -> bool:
    """Create the first administrator; False where there is one, left as it is."""
    async with store.sessions.begin() as session:
        return await ensure_admin(session, password)


async def ensure_admin(session: Session, password: str) -> bool:
    """Do the same in this transaction."""
    if await user_queries.find_user(session, ADMIN) is not None:
        return False
    digest = await hashed(password)
    await lock(session, "users")
    if await user_queries.find_user(session, ADMIN) is not None:
        return False
    made = await user_queries.add_user(session, ADMIN, Role.ADMIN, digest)
    await _log_new(session, made, Actor(who=CENTRE))
    return True


async def create_user(context: Context, draft: UserDraft, actor: Actor) -> User:
    """Let a person in, who changes the password at once; Conflict if known."""
    actor.must_be(*ADMINS)
    check_password(draft.username, draft.password)
    digest, name = await hashed(draft.password), draft.username
    async with context.store.sessions.begin() as session:
        await lock(session, "users")
        if await user_queries.find_user(session, name) is not None:
            raise Conflict("There is already a user of this name.")
        await refuse_username(session, name)
        made = await user_queries.add_user(
            session, name, draft.role, digest, name=draft.name, must_change=True
        )
        await _log_new(session, made, actor)
    return made


async def find_user(context: Context, username: str, actor: Actor) -> User:
    """Return a user; NotFound where there is none."""
    actor.must_be(*AUDITORS)
    async with context.store.sessions() as session:
        return await user_queries.the_user(session, username)


async def holder_of_token(context: Context, username: str, epoch: int) -> User | None:
    """Return the user that a token of this epoch was given to, if it still holds."""
    async with context.store.autocommit() as session:
        user = await user_queries.find_user(session, username)
    holds = user is not None and user.enabled and user.epoch == epoch
    return user if holds else None


async def list_users(
    context: Context, actor: Actor, cursor: str | None = None, limit: int = 100
) -> Page[User]:
    """Return users in the order of their names."""
    actor.must_be(*AUDITORS)
    async with context.store.sessions() as session:
        return await user_queries.list_users(session, cursor, limit)


async def update_user(
    context: Context, username: str, changes: UserChanges, actor: Actor
) -> User:
    """Change a user and end its tokens; the last administrator stays one.

    Nobody disables themselves or takes up another role.
    """
    actor.must_be(*ADMINS)
    if actor.who == username and {"enabled", "role"} & changes.model_fields_set:
        raise Conflict("Another administrator must change this for you.")
    news = changes.model_dump(mode="json", exclude_unset=True)
    async with context.store.sessions.begin() as session:
        await lock(session, "users")
        before, user = await user_queries.change_user(session, username, news)
        if not await user_queries.has_admin(session):
            raise Conflict("There must be one enabled administrator.")
        await audit.write(session, actor, "update", _target(username), before, news)
    return user


async def set_password(
    context: Context, username: str, password: str, actor: Actor
) -> User:
    """Give somebody else another password, to be changed at the next sign-in.

    Conflict for oneself: one's own is changed by who knows the old one.
    """
    actor.must_be(*ADMINS)
    if actor.who == username:
        raise Conflict(_OWN_PASSWORD)
    rules = rules_of(context.settings)
    async with context.store.sessions.begin() as session:
        return await replace_password(session, username, password, actor, rules)


async def replace_password(
    session: Session,
    username: str,
    password: str,
    actor: Actor,
    rules: PasswordRules | None = None,
) -> User:
    """Change a password in this transaction; every token and session ends.

    Where they have signed in from is forgotten. Who got the password from
    somebody else has to change it at the next sign-in.
    """
    check_password(username, password)
    rules = rules or PasswordRules()
    present = await user_queries.password_hash(session, username)
    if present is None:
        raise NotFound("There is no such user.")
    old = await user_queries.old_hashes(session, username, rules.history - 1)
    # The present one never is a new one, whatever the rules say.
    await passwords.refuse_old(password, [present, *old])
    await user_queries.keep_hash(session, username, present, rules.history)
    news = {
        "password_hash": await hashed(password),
        "password_set_at": utc_now(),
        "must_change_password": actor.who != username,
    }
    _, user = await user_queries.change_user(session, username, news)
    await sign_in_place_queries.forget(session, username)
    await audit.write(session, actor, "set-password", _target(username))
    return user


async def end_sessions(context: Context, username: str, actor: Actor) -> None:
    """End every token and session of a user: one's own, or as an administrator."""
    require_self_or_admin(actor, username)
    async with context.store.sessions.begin() as session:
        await user_queries.end_tokens(session, username)
        await audit.write(session, actor, "end-sessions", _target(username))


def require_self_or_admin(actor: Actor, username: str) -> None:
    """Raise Forbidden unless it is about oneself, or for an administrator to do."""
    if not (actor.who == username and actor.role in list(Role)):
        actor.must_be(*ADMINS)


async def _log_new(session: Session, user: User, actor: Actor) -> None:
    after = {"role": user.role.value}
    await audit.write(session, actor, "create", _target(user.username), None, after)


def _target(username: str) -> str:
    return f"users/{username}"
