"""Who fails to sign in keeps nobody else out: counted by name and place."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select, update

from api.http.forwarding import UNTRUSTED
from centre.access import sign_in_paces, sign_in_queries, sign_ins, users
from centre.access.contracts import SignInAttempt
from centre.access.devices import device_of, new_device
from centre.access.sign_in import set_own_password, sign_in
from centre.access.sign_in_paces import LONGEST_WAIT, OF_NAME, Pace
from centre.access.sign_in_places import network_of
from centre.access.tables import SignInPlaceRow, SignInRow
from centre.audit.audit import Actor
from centre.watch.watching import Watch
from core.errors import TooManyRequests
from core.words import Role
from tests.support.api.rig import PASSWORD, Rig, problem, running_api

OUTSIDER, OWN, WARD = "10.9.9.9", "10.0.0.1", "10.0.0.77"
NEW = "a phrase of my own"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        await running.person(Role.OPERATOR, "liu")
        yield running


@asynccontextmanager
async def at(rig: Rig, address: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=rig.app, client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        yield http


async def tried(
    rig: Rig, address: str, name: str = "liu", password: str = "wrong"
) -> httpx.Response:
    body = {"username": name, "password": password}
    async with at(rig, address) as http:
        return await http.post("/v1/session", json=body)


async def fails(rig: Rig, address: str, times: int, name: str = "liu") -> None:
    for _ in range(times):
        problem(await tried(rig, address, name), 401)


async def turn(rig: Rig, name: str, address: str, device: str | None = None) -> float:
    """Take a turn to sign in; return the seconds until then."""
    async with rig.context.store.sessions.begin() as session:
        one = await sign_ins.the_try(session, name, address, device)
        return (await sign_ins.take_turn(session, one)).total_seconds()


async def storm(
    rig: Rig, tries: Iterable[tuple[str, str]]
) -> tuple[int, list[timedelta]]:
    """Return how many of these got a turn, and when the others shall come again."""
    taken, later = 0, list[timedelta]()
    for name, address in tries:
        try:
            await turn(rig, name, address)
            taken += 1
        except TooManyRequests as refused:
            later.append(refused.retry_after)
    return taken, later


@pytest.mark.parametrize("name", ["liu", "nobody"])
async def test_five_failures_lock_the_name_there_and_nowhere_else(
    rig: Rig, name: str
) -> None:
    await fails(rig, OUTSIDER, 5, name)
    told = await tried(rig, OUTSIDER, name, PASSWORD)
    assert 290 < int(told.headers["retry-after"]) <= 300
    for _ in range(30):  # what is refused there slows nobody down either
        problem(await tried(rig, OUTSIDER, name), 429)
    assert await turn(rig, name, OWN) == 0
    elsewhere = await tried(rig, OWN, name, PASSWORD)
    assert elsewhere.status_code == (200 if name == "liu" else 401)


async def test_the_first_administrator_is_kept_out_by_nobody(rig: Rig) -> None:
    await users.first_admin(rig.context.store, PASSWORD)
    await fails(rig, OUTSIDER, 5, "admin")
    assert (await tried(rig, OWN, "admin", PASSWORD)).is_success


async def test_a_thousand_addresses_guess_no_faster_and_lock_nobody_out(
    rig: Rig,
) -> None:
    assert (await tried(rig, OWN, password=PASSWORD)).is_success
    began = datetime.now(UTC)
    addresses = (f"10.1.{n // 250}.{n % 250}" for n in range(1000))
    taken, later = await storm(rig, (("liu", address) for address in addresses))
    assert max(later) <= OF_NAME.every
    seconds = (datetime.now(UTC) - began + LONGEST_WAIT).total_seconds()
    ceiling = OF_NAME.at_once + seconds / OF_NAME.every.total_seconds()
    assert OF_NAME.at_once <= taken <= ceiling + 1
    # Where liu has signed in before there is no wait, nor for anybody else.
    assert await turn(rig, "liu", OWN) == 0
    assert (await tried(rig, OWN, password=PASSWORD)).is_success
    assert await turn(rig, "wang", "10.1.0.1") == 0


async def test_a_known_browser_passes_wherever_it_is(rig: Rig) -> None:
    store, gates = rig.context.store, rig.context.sign_ins
    device = new_device(rig.context.keyring)
    own = SignInAttempt(username="liu", password=PASSWORD, address=OWN, device=device)
    await sign_in(rig.context, gates, own)
    # Somebody behind the same proxy, without the browser, locks that address.
    await fails(rig, OWN, 5)
    problem(await tried(rig, OWN, password=PASSWORD), 429)
    for address in (OWN, "10.5.5.5"):
        moved = own.model_copy(update={"address": address})
        assert (await sign_in(rig.context, gates, moved)).username == "liu"
    # It is liu's alone, and until the password changes.
    async with store.sessions.begin() as session:
        of_wang = await sign_ins.the_try(session, "wang", OUTSIDER, device)
    me = Actor(who="liu", role=Role.OPERATOR)
    await set_own_password(rig.context, me, NEW, None)
    async with store.sessions.begin() as session:
        of_liu = await sign_ins.the_try(session, "liu", OUTSIDER, device)
    assert not of_wang.known
    assert not of_liu.known


def test_a_browsers_name_can_only_be_given_by_the_centre(rig: Rig) -> None:
    keyring = rig.context.keyring
    given = new_device(keyring)
    assert device_of(keyring, given) == given
    name, _, signature = given.partition(".")
    for forged in (None, "", name, f"x{given}", f"{name}.{'0' * 64}", f".{signature}"):
        assert device_of(keyring, forged) is None


async def test_places_are_kept_as_hashes(rig: Rig) -> None:
    assert (await tried(rig, OWN, password=PASSWORD)).is_success
    async with rig.context.store.sessions() as session:
        rows = (await session.exec(select(SignInPlaceRow))).all()
    assert [row.username for row in rows] == ["liu"]
    assert OWN not in str(rows)


async def test_mistypes_of_many_lock_no_common_address(rig: Rig) -> None:
    assert (await tried(rig, WARD, password=PASSWORD)).is_success
    for number in range(35):
        await fails(rig, WARD, 1, f"colleague-{number}")
        if number % 5 == 0:
            assert (await tried(rig, WARD, password=PASSWORD)).is_success
    assert (await tried(rig, WARD, password=PASSWORD)).is_success
    await rig.person(Role.OPERATOR, "wang")  # who was never there
    assert (await tried(rig, WARD, "wang", PASSWORD)).is_success


async def test_who_tries_many_names_from_one_address_is_slowed_down(rig: Rig) -> None:
    taken, later = await storm(rig, ((f"name-{n}", OUTSIDER) for n in range(200)))
    assert max(later) < timedelta(seconds=5)
    most = sign_in_paces.OF_ADDRESS.at_once
    assert most <= taken < most + 10
    assert await turn(rig, "name-1", OWN) == 0


async def test_who_mistypes_and_then_gets_in_is_forgiven(rig: Rig) -> None:
    for _ in range(3):
        await fails(rig, OWN, 4)
        assert (await tried(rig, OWN, password=PASSWORD)).is_success


async def test_a_lock_is_over_after_five_minutes(rig: Rig) -> None:
    await fails(rig, OUTSIDER, 5)
    async with rig.context.store.sessions.begin() as session:
        past = datetime.now(UTC) - sign_in_queries.LOCKED_FOR
        later = update(SignInRow).where(col(SignInRow.failures) > 0)
        await session.exec(later.values(last_at=past, locked_until=past))
    await fails(rig, OUTSIDER, 4)
    assert (await tried(rig, OUTSIDER, password=PASSWORD)).is_success


async def test_the_log_has_no_name_of_nobody(rig: Rig) -> None:
    await fails(rig, OUTSIDER, 2, "a-password-typed-as-a-name")
    async with rig.context.store.sessions() as session:
        rows = (await session.exec(select(SignInRow))).all()
    assert [row.username for row in rows] == [None]


@given(times=st.lists(st.floats(0, 600), min_size=1, max_size=200))
def test_no_stretch_of_time_holds_more_turns_than_its_pace(times: list[float]) -> None:
    pace, now = Pace(5, timedelta(seconds=4)), datetime.now(UTC)
    free, turns = now, list[datetime]()
    for moment in sorted(times):
        at_ = now + timedelta(seconds=moment)
        taken = max(free, at_) + pace.every
        if pace.wait(taken, at_) <= LONGEST_WAIT:
            free = taken
            turns.append(at_ + pace.wait(taken, at_))
    for first, last in zip(turns, turns[pace.at_once :], strict=False):
        assert last - first >= pace.every - timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("testclient", "testclient", True),
    ],
)
def test_an_ipv6_site_is_one_place(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


async def alarms_after(rig: Rig, watch: Watch, seconds: float) -> list[Any]:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    await watch.look(rig.context, (), (), now)
    auditor = await rig.person(Role.AUDITOR)
    answer = await rig.http.get("/v1/admin/alarms?open=true", headers=auditor)
    items: list[Any] = answer.json()["items"]
    return items


async def test_a_name_under_attack_is_an_alarm_until_it_is_over(rig: Rig) -> None:
    watch = Watch()
    await fails(rig, OUTSIDER, 4)
    await fails(rig, OUTSIDER, 5, "nobody")
    assert await alarms_after(rig, watch, 0) == []
    await fails(rig, "10.9.9.8", 1)
    (raised,) = await alarms_after(rig, watch, 1)
    known = {"kind": "sign_in", "username": "liu", "client": "centre", "value": 5.0}
    assert raised | known == raised
    assert len(await alarms_after(rig, watch, 2)) == 1
    async with rig.context.store.sessions.begin() as session:
        past = datetime.now(UTC) - sign_in_queries.LOCKED_FOR
        await session.exec(update(SignInRow).values(last_at=past))
    assert len(await alarms_after(rig, watch, 3)) == 1
    assert await alarms_after(rig, watch, 40) == []


async def test_mistypes_where_one_is_known_are_no_alarm(rig: Rig) -> None:
    assert (await tried(rig, OWN, password=PASSWORD)).is_success
    await fails(rig, OWN, 5)
    assert await alarms_after(rig, Watch(), 0) == []


async def test_a_proxy_that_nobody_named_is_spoken_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forwarded = {"X-Forwarded-For": "10.1.1.1"}
    for trusted, lines in ((None, 1), ("127.0.0.1", 0)):
        folder = tmp_path / str(trusted)
        async with running_api(folder, trusted_proxies=trusted) as rig:
            assert rig.app.state.forwarding.doubts == ()
            for _ in range(2):
                await rig.http.get("/health/live", headers=forwarded)
            assert rig.app.state.forwarding.doubts == (UNTRUSTED,) * lines
        assert capsys.readouterr().out.count("untrusted proxy") == lines
