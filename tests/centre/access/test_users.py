"""People who sign in: passwords, lock-outs, the last administrator."""

import asyncio
import time
from datetime import timedelta

import pytest
from sqlmodel import col, update

from centre.access import sign_in_queries, sign_ins, users
from centre.access.contracts import User, UserChanges, UserDraft
from centre.access.tables import SignInRow
from centre.audit.audit import Actor
from core.clock import utc_now
from core.errors import Conflict, Invalid, NotFound, TooManyRequests
from core.words import Role
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR

PASSWORD = "correct horse"


async def admin(store: Store) -> bool:
    return await users.first_admin(store, PASSWORD)


async def create(store: Store, username: str, role: Role) -> User:
    draft = UserDraft(username=username, role=role, password=PASSWORD)
    return await users.create_user(context_of(store), draft, ACTOR)


async def sign_in(store: Store, username: str, password: str) -> User | None:
    async with store.sessions.begin() as session:
        return await sign_ins.verify(session, username, password)


async def change(store: Store, username: str, **facts: object) -> User:
    changes, other = UserChanges.model_validate(facts), Actor(who="centre")
    return await users.update_user(context_of(store), username, changes, other)


async def test_the_first_administrator_is_made_once(store: Store) -> None:
    assert await admin(store) is True
    assert await users.first_admin(store, "another one") is False
    user = await sign_in(store, "admin", PASSWORD)
    assert user is not None
    assert (user.username, user.role) == ("admin", Role.ADMIN)


async def test_processes_that_start_at_once_make_one_administrator(
    store: Store,
) -> None:
    assert sorted(await asyncio.gather(*(admin(store) for _ in range(3)))) == [
        False,
        False,
        True,
    ]


async def test_only_the_right_password_of_an_enabled_user_signs_in(
    store: Store,
) -> None:
    await admin(store)
    await create(store, "liu", Role.OPERATOR)
    assert await sign_in(store, "liu", PASSWORD) is not None
    assert await sign_in(store, "liu", "wrong") is None
    assert await sign_in(store, "liu", "wrong\ud800") is None
    assert await sign_in(store, "nobody", PASSWORD) is None
    await change(store, "liu", enabled=False)
    assert await sign_in(store, "liu", PASSWORD) is None


@pytest.mark.parametrize("username", ["admin", "nobody"])
async def test_five_failures_lock_a_name_whether_it_exists(
    store: Store, username: str
) -> None:
    await admin(store)
    for _ in range(sign_in_queries.MAX_FAILURES):
        assert await sign_in(store, username, "wrong") is None
    with pytest.raises(TooManyRequests) as refused:
        await sign_in(store, username, PASSWORD)
    assert (
        timedelta(seconds=290) < refused.value.retry_after <= sign_in_queries.LOCKED_FOR
    )


async def test_a_success_forgets_the_failures(store: Store) -> None:
    await admin(store)
    for _ in range(2):
        for _ in range(sign_in_queries.MAX_FAILURES - 2):
            assert await sign_in(store, "admin", "wrong") is None
        assert await sign_in(store, "admin", PASSWORD) is not None


async def test_a_lock_ends_and_counting_starts_anew(store: Store) -> None:
    await admin(store)
    for _ in range(sign_in_queries.MAX_FAILURES):
        await sign_in(store, "admin", "wrong")
    async with store.sessions.begin() as session:
        past = utc_now() - timedelta(seconds=1)
        expired = update(SignInRow).where(col(SignInRow.failures) > 0)
        await session.exec(expired.values(locked_until=past))
    assert await sign_in(store, "admin", "wrong") is None
    assert await sign_in(store, "admin", PASSWORD) is not None


async def test_guesses_at_once_are_counted_too(store: Store) -> None:
    await admin(store)
    guesses = (
        sign_in(store, "admin", "wrong") for _ in range(sign_in_queries.MAX_FAILURES)
    )
    assert set(await asyncio.gather(*guesses)) == {None}
    with pytest.raises(TooManyRequests):
        await sign_in(store, "admin", PASSWORD)


async def test_hashing_does_not_hold_up_the_loop(store: Store) -> None:
    await admin(store)
    waits: list[float] = []

    async def watch() -> None:
        while True:
            started = time.monotonic()
            await asyncio.sleep(0.001)
            waits.append(time.monotonic() - started)

    watcher = asyncio.create_task(watch())
    await sign_in(store, "admin", PASSWORD)
    watcher.cancel()
    assert len(waits) > 3


async def test_a_new_password_ends_the_old_one_and_the_tokens(store: Store) -> None:
    await admin(store)
    context = context_of(store)
    sun = Actor(who="sun", role=Role.ADMIN)
    found = await users.set_password(context, "admin", "a new password", sun)
    assert found.epoch == 2
    assert await sign_in(store, "admin", PASSWORD) is None
    assert await sign_in(store, "admin", "a new password") is not None
    with pytest.raises(Invalid):
        await users.set_password(context, "admin", "short", sun)
    with pytest.raises(NotFound):
        await users.set_password(context, "nobody", PASSWORD, sun)


async def test_nobody_gives_themselves_a_password_as_an_administrator(
    store: Store,
) -> None:
    await admin(store)
    oneself = Actor(who="admin", role=Role.ADMIN)
    with pytest.raises(Conflict, match="knowing the old one"):
        await users.set_password(context_of(store), "admin", "a new password", oneself)
    assert await sign_in(store, "admin", PASSWORD) is not None


async def test_the_last_administrator_stays(store: Store) -> None:
    await admin(store)
    for facts in ({"enabled": False}, {"role": "auditor"}):
        with pytest.raises(Conflict):
            await change(store, "admin", **facts)
    await create(store, "second", Role.ADMIN)
    assert (await change(store, "admin", role="auditor")).role is Role.AUDITOR


async def test_users_are_listed_and_names_taken_once(store: Store) -> None:
    await admin(store)
    created = await create(store, "liu", Role.OPERATOR)
    with pytest.raises(Conflict):
        await create(store, "liu", Role.OPERATOR)
    context = context_of(store)
    first = await users.list_users(context, ACTOR, None, 1)
    second = await users.list_users(context, ACTOR, first.next, 1)
    assert second.items == (created,)
    assert [user.username for user in first.items] == ["admin"]
