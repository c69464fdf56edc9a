"""Users, passwords, second factors, the audit log: one rule for API and console."""

from collections.abc import Awaitable, Callable

import pytest
from sqlmodel import col, update

from centre.access import one_time_codes, second_factor, sessions, users
from centre.access.contracts import UserChanges, UserDraft
from centre.access.tables import UserRow
from centre.audit import service as audit_log
from centre.audit.audit import Actor, AuditFilter
from centre.context import Context
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.settings import Settings
from core.words import Role
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR

PASSWORD = "correct horse"
LIU = UserDraft(username="liu", role=Role.OPERATOR, password=PASSWORD)
WANG = UserDraft(username="wang", role=Role.AUDITOR, password=PASSWORD)
NAME = UserChanges(name="刘")

Act = Callable[[Context, Actor], Awaitable[object]]
ADMINS, AUDITORS = {Role.ADMIN}, {Role.ADMIN, Role.AUDITOR}
USE_CASES: dict[str, tuple[Act, set[Role]]] = {
    "create": (lambda c, a: users.create_user(c, WANG, a), ADMINS),
    "update": (lambda c, a: users.update_user(c, "liu", NAME, a), ADMINS),
    "password": (lambda c, a: users.set_password(c, "liu", "another one", a), ADMINS),
    "sessions": (lambda c, a: users.end_sessions(c, "liu", a), ADMINS),
    "factor": (lambda c, a: second_factor.turn_off(c, "liu", a), ADMINS),
    "users": (lambda c, a: users.list_users(c, a), AUDITORS),
    "user": (lambda c, a: users.find_user(c, "liu", a), AUDITORS),
    "log": (lambda c, a: audit_log.entries(c, AuditFilter(), a), AUDITORS),
    "chain": (lambda c, a: audit_log.chain(c, a), AUDITORS),
    "export": (lambda c, a: audit_log.note_export(c, {}, a), AUDITORS),
}


@pytest.fixture
async def context(store: Store) -> Context:
    made = context_of(store)
    await users.first_admin(store, PASSWORD)
    await users.create_user(made, LIU, ACTOR)
    return made


@pytest.mark.parametrize("name", USE_CASES)
async def test_a_role_may_or_may_not_whatever_the_door(
    context: Context, name: str
) -> None:
    act, allowed = USE_CASES[name]
    for role in (*Role, "client", "workstation"):
        actor = Actor(who="sun", role=role)
        if role in allowed:
            await act(context, actor)
        else:
            with pytest.raises(Forbidden):
                await act(context, actor)


async def test_ones_own_sessions_end_without_an_administrator(context: Context) -> None:
    liu = Actor(who="liu", role=Role.OPERATOR)
    user = await users.find_user(context, "liu", ACTOR)
    token = await sessions.begin(context, user, None)
    assert await sessions.visitor(context, token, at_work=True) is not None
    await users.end_sessions(context, "liu", liu)
    assert await sessions.visitor(context, token, at_work=True) is None
    # A client of the same name, from before names were kept apart, is nobody's self.
    with pytest.raises(Forbidden):
        await users.end_sessions(context, "liu", Actor(who="liu", role="client"))


async def test_a_token_holds_while_its_user_does(context: Context) -> None:
    assert await users.holder_of_token(context, "liu", 1) is not None
    assert await users.holder_of_token(context, "nobody", 1) is None
    await users.update_user(context, "liu", NAME, ACTOR)
    assert await users.holder_of_token(context, "liu", 1) is None
    off = UserChanges(enabled=False)
    user = await users.update_user(context, "liu", off, ACTOR)
    assert await users.holder_of_token(context, "liu", user.epoch) is None


@pytest.mark.parametrize("rule", ["optional", "required"])
async def test_ones_own_factor_goes_with_the_password_where_it_may(
    store: Store, context: Context, rule: str
) -> None:
    settings = Settings.model_validate({"second_factor": rule})
    liu, here = Actor(who="liu", role=Role.OPERATOR), context_of(store, settings)
    if rule == "required":
        with pytest.raises(Conflict):
            await second_factor.turn_own_off(here, PASSWORD, liu)
        return
    await _turn_on(store)
    assert not await second_factor.turn_own_off(here, "wrong", liu)
    assert (await users.find_user(here, "liu", ACTOR)).two_factor
    assert await second_factor.turn_own_off(here, PASSWORD, liu)
    assert not (await users.find_user(here, "liu", ACTOR)).two_factor


async def _turn_on(store: Store) -> None:
    async with store.sessions.begin() as session:
        row = update(UserRow).where(col(UserRow.username) == "liu")
        await session.exec(row.values(totp_secret="sealed", totp_step=1))


async def test_nobody_has_no_second_factor_and_no_sessions(context: Context) -> None:
    with pytest.raises(NotFound):
        await second_factor.turn_off(context, "nobody", ACTOR)
    with pytest.raises(NotFound):
        await users.end_sessions(context, "nobody", ACTOR)
    with pytest.raises(NotFound):
        await users.update_user(context, "nobody", NAME, ACTOR)
    secret = one_time_codes.new_secret()
    with pytest.raises(Invalid):
        await second_factor.turn_on(context, secret, "000", ACTOR)
