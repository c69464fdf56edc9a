"""The second factor, recovery codes, password rules and the console's sessions."""

import asyncio
from datetime import timedelta

import pyotp
import pytest
from sqlmodel import col, select, update

from centre.access import (
    one_time_codes,
    second_factor,
    session_queries,
    sign_in_queries,
    sign_ins,
    users,
)
from centre.access import sessions as console_sessions
from centre.access.contracts import User, UserChanges, UserDraft
from centre.access.passwords import PasswordRules, check_password, expired
from centre.access.sign_in import set_own_password
from centre.access.sign_ins import CodeNeeded
from centre.access.tables import ConsoleSessionRow, RecoveryCodeRow, UserRow
from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from core.clock import utc_now
from core.errors import Conflict, Invalid, TooManyRequests
from core.settings import Settings
from core.words import Role
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR

PASSWORD = "correct horse"
SELF = Actor(who="liu", role=Role.OPERATOR)
IDLE = timedelta(minutes=10)


@pytest.fixture
async def liu(store: Store) -> User:
    draft = UserDraft(username="liu", role=Role.OPERATOR, password=PASSWORD)
    await users.first_admin(store, PASSWORD)
    return await users.create_user(context_of(store), draft, ACTOR)


async def sign_in(
    store: Store, code: str | None = None, address: str | None = None
) -> User | None:
    async with store.sessions.begin() as session:
        return await sign_ins.verify(session, "liu", PASSWORD, code, address)


async def turned_on(store: Store) -> tuple[str, tuple[str, ...]]:
    """Turn it on with the last step's code, which leaves this step's for use."""
    secret = one_time_codes.new_secret()
    before = utc_now() - timedelta(seconds=30)
    code = pyotp.TOTP(secret).at(before)
    return secret, await second_factor.turn_on(context_of(store), secret, code, SELF)


async def test_a_wrong_code_does_not_turn_it_on(store: Store, liu: User) -> None:
    secret = one_time_codes.new_secret()
    old = pyotp.TOTP(secret).at(utc_now() - timedelta(minutes=5))
    for code in (old, "", "abcdef", "１２３４５６"):
        with pytest.raises(Invalid) as refused:
            await second_factor.turn_on(context_of(store), secret, code, SELF)
        assert refused.value.errors[0].pointer == "/code"
    user = await sign_in(store)
    assert user is not None
    assert not user.two_factor


async def test_with_it_a_password_alone_is_not_enough(store: Store, liu: User) -> None:
    secret, _ = await turned_on(store)
    with pytest.raises(CodeNeeded):
        await sign_in(store)
    assert await sign_in(store, "000000") is None
    user = await sign_in(store, pyotp.TOTP(secret).now())
    assert user is not None
    assert user.two_factor


async def test_the_secret_is_sealed(store: Store, liu: User) -> None:
    secret, codes = await turned_on(store)
    async with store.sessions() as session:
        row = await session.get(UserRow, "liu")
        kept = (await session.exec(select(RecoveryCodeRow.code_hash))).all()
    assert row is not None
    assert row.totp_secret is not None
    assert secret not in row.totp_secret
    assert not set(kept) & {code.replace("-", "") for code in codes}


async def test_a_code_counts_once_also_for_two_at_once(store: Store, liu: User) -> None:
    secret, _ = await turned_on(store)
    code = pyotp.TOTP(secret).now()
    both = await asyncio.gather(sign_in(store, code), sign_in(store, code))
    assert sorted(user is not None for user in both) == [False, True]
    assert await sign_in(store, code) is None


async def test_a_recovery_code_counts_once(store: Store, liu: User) -> None:
    _, codes = await turned_on(store)
    assert len(set(codes)) == one_time_codes.RECOVERY_CODES
    assert await sign_in(store, f" {codes[0].upper()} ") is not None
    assert await sign_in(store, codes[0]) is None
    assert await sign_in(store, codes[1].replace("-", "")) is not None
    context = context_of(store)
    assert await second_factor.codes_left(context, SELF) == len(codes) - 2
    await second_factor.renew_codes(context, SELF)
    assert await sign_in(store, codes[2]) is None


async def test_wrong_codes_lock_like_wrong_passwords(store: Store, liu: User) -> None:
    secret, _ = await turned_on(store)
    for _ in range(sign_in_queries.MAX_FAILURES):
        assert await sign_in(store, "000000") is None
    with pytest.raises(TooManyRequests):
        await sign_in(store, pyotp.TOTP(secret).now())


async def test_turned_off_the_codes_are_gone(store: Store, liu: User) -> None:
    _, codes = await turned_on(store)
    await second_factor.turn_off(context_of(store), "liu", ACTOR)
    assert await second_factor.codes_left(context_of(store), SELF) == 0
    async with store.sessions() as session:
        found = await audit.list_audit(session, AuditFilter(target="users/liu"))
    assert await sign_in(store) is not None
    assert [entry.action for entry in found.items] == [
        "turn-off-two-factor",
        "turn-on-two-factor",
        "create",
    ]
    assert not any(code in str(found) for code in codes)


@pytest.mark.parametrize(
    "password",
    ["Aa1!567", "abcdefgh", "ABCD1234", "x" * 257, "aaaaaaaaaaaaaaaa", "I am liu 2"],
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password("liu", password)
    assert refused.value.errors[0].pointer == "/password"


@pytest.mark.parametrize(
    "password", ["Abcd1234", "abcd-123", "abcdefghij", "密码很长很长的一句话啊"]
)
def test_strong_passwords_are_taken(password: str) -> None:
    check_password("liu", password)


async def test_the_last_passwords_are_not_taken_up_again(
    store: Store, liu: User
) -> None:
    context = context_of(store, Settings(password_history=3))

    async def change(password: str) -> User:
        return await set_own_password(context, SELF, password, None)

    for password in (PASSWORD, "password two"):
        if password != PASSWORD:
            await change(password)
        with pytest.raises(Invalid):
            await change(password)
    await change("password three")
    with pytest.raises(Invalid):
        await change(PASSWORD)
    await change("password four")
    assert (await change(PASSWORD)).must_renew is False


async def test_who_got_a_password_from_another_must_change_it(
    store: Store, liu: User
) -> None:
    assert liu.must_renew
    context = context_of(store)
    own = await set_own_password(context, SELF, "one of my own", None)
    given = await users.set_password(context, "liu", "one from admin", ACTOR)
    assert not own.must_renew
    assert given.must_renew


def test_a_password_grows_old() -> None:
    long_ago = utc_now() - timedelta(days=91)
    assert expired(long_ago, PasswordRules(days=90))
    assert not expired(long_ago, PasswordRules(days=0))
    assert not expired(utc_now() - timedelta(days=89), PasswordRules(days=90))


async def test_nobody_disables_or_demotes_themselves(store: Store, liu: User) -> None:
    context, me = context_of(store), Actor(who="liu", role=Role.ADMIN)
    for changes in (UserChanges(enabled=False), UserChanges(role=Role.ADMIN)):
        with pytest.raises(Conflict):
            await users.update_user(context, "liu", changes, me)
    named = await users.update_user(context, "liu", UserChanges(name="刘"), me)
    assert named.name == "刘"


async def begin(store: Store, user: User) -> str:
    return await console_sessions.begin(context_of(store), user, "10.1.1.1")


async def visitor(store: Store, token: str) -> User | None:
    context = context_of(store, Settings(console_idle_minutes=10))
    return await console_sessions.visitor(context, token, at_work=False)


async def test_a_session_holds_until_it_is_ended(store: Store, liu: User) -> None:
    token, other = await begin(store, liu), await begin(store, liu)
    found = await visitor(store, token)
    assert found is not None
    assert found.username == "liu"
    assert await visitor(store, token + "x") is None
    await console_sessions.sign_out(context_of(store), token, SELF)
    assert await visitor(store, token) is None
    assert await visitor(store, other) is not None


async def test_sessions_end_everywhere_when_a_user_is_disabled(
    store: Store, liu: User
) -> None:
    tokens = [await begin(store, liu) for _ in range(2)]
    for enabled in (False, True):
        changes = UserChanges(enabled=enabled)
        await users.update_user(context_of(store), "liu", changes, ACTOR)
    assert [await visitor(store, token) for token in tokens] == [None, None]


@pytest.mark.parametrize("column", ["seen_at", "began_at"])
async def test_a_session_ends_idle_and_after_a_day(
    store: Store, liu: User, column: str
) -> None:
    token = await begin(store, liu)
    ago = {"seen_at": IDLE, "began_at": session_queries.LONGEST}[column]
    async with store.sessions.begin() as session:
        past = utc_now() - ago - timedelta(seconds=1)
        await session.exec(update(ConsoleSessionRow).values({column: past}))
    assert await visitor(store, token) is None


async def test_activity_keeps_a_session(store: Store, liu: User) -> None:
    token = await begin(store, liu)
    past = utc_now() - timedelta(minutes=9)
    async with store.sessions.begin() as session:
        await session.exec(update(ConsoleSessionRow).values(seen_at=past))
        await session_queries.note_activity(session, token, IDLE)
        seen = (await session.exec(select(col(ConsoleSessionRow.seen_at)))).one()
    assert seen > past + timedelta(minutes=8)
