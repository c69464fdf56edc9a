"""API and console refuse and allow the same: every use case through both doors."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from core.words import Role
from tests.support.doors.alone import API_ALONE, CONSOLE_ALONE, MAY_BE_ABSENT
from tests.support.doors.batches import BATCHES
from tests.support.doors.catalog import POLICIES, TEMPLATES, TYPES
from tests.support.doors.channels import ACCOUNTS, CHANNELS, ROUTING
from tests.support.doors.clients import CLIENTS, STATIONS
from tests.support.doors.found import (
    acting_handlers,
    changing_routes,
    note_handlers,
    same_path,
)
from tests.support.doors.messages import MESSAGES
from tests.support.doors.people import PATIENTS
from tests.support.doors.queues import QUEUES, WATCH
from tests.support.doors.stage import browser, open_doors
from tests.support.doors.times import TIMES
from tests.support.doors.use_cases import (
    Outcome,
    Refused,
    Run,
    Stage,
    UseCase,
    by_api,
    by_console,
    in_english,
)
from tests.support.doors.users import OWN, USERS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

TABLE: Sequence[UseCase] = (
    *(*CLIENTS, *STATIONS, *TYPES, *POLICIES, *TEMPLATES, *CHANNELS, *ACCOUNTS),
    *(*ROUTING, *TIMES, *WATCH, *QUEUES, *USERS, *OWN, *PATIENTS, *MESSAGES),
    *BATCHES,
)
REFUSALS = [(row, refusal) for row in TABLE for refusal in row.refused]
ROLES = [(row, role) for row in TABLE for role in Role if role not in row.roles]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One centre for the whole file, with somebody of each role at each door."""
    folder = tmp_path_factory.mktemp("doors")
    async with AsyncExitStack() as stack:
        rig = await stack.enter_async_context(open_doors(folder))
        setter = await rig.person(Role.ADMIN, "setter")
        tokens = {role: await rig.person(role) for role in Role}
        hands = {
            role: await stack.enter_async_context(browser(rig, role.value))
            for role in Role
        }
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        ran = note_handlers(patch)
        begun = Stage(rig.http, setter, tokens, hands, rig, ran)
        for role in Role:  # they have signed in
            await begun.written(role.value, {})
        yield begun


_RUNS = iter(range(10_000))


@asynccontextmanager
async def running(stage: Stage, row: UseCase, role: Role) -> AsyncIterator[Run]:
    """Prepare what a row is about, under names of its own."""
    number = next(_RUNS)
    names = {"n": f"n{number}x", "mobile": f"138{number:08}"}
    own = await stage.rig.person(role, names["n"]) if row.own else None
    for deed in row.before:
        await deed(stage, names)
    if own is None:
        yield Run(names, role.value, stage.tokens[role], stage.hands[role])
        return
    async with browser(stage.rig, names["n"]) as hand:
        yield Run(names, names["n"], own, hand)


async def api_outcome(stage: Stage, row: UseCase, role: Role, **how: Any) -> Outcome:
    """Do a row by the API."""
    call, meanwhile = how.get("call") or row.api, how.get("meanwhile", ())
    async with running(stage, row, role) as run:
        return await by_api(stage, run, call, meanwhile)


async def console_outcome(
    stage: Stage, row: UseCase, role: Role, **how: Any
) -> Outcome:
    """Do a row at the console."""
    steps, meanwhile = how.get("steps") or row.console, how.get("meanwhile", ())
    async with running(stage, row, role) as run:
        return await by_console(stage, run, steps, meanwhile)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_both_allow_it_and_write_down_the_same(
    stage: Stage, row: UseCase
) -> None:
    # What everybody does for themselves is tried by one: passwords are slow by design.
    for role in sorted(row.roles)[: 1 if row.own else None]:
        api = await api_outcome(stage, row, role, meanwhile=row.meanwhile)
        assert api.done, api.words
        console = await console_outcome(stage, row, role, meanwhile=row.meanwhile)
        assert console.done, console.words
        written = _written(api, row)
        assert _written(console, row) == written, role
        assert written or not row.changes, "nothing was written down"


def _written(outcome: Outcome, row: UseCase) -> Sequence[tuple[str, str, str]]:
    return [one for one in outcome.audit if one[1] not in row.beside]


@pytest.mark.parametrize(
    ("row", "refusal"), REFUSALS, ids=[f"{r.name}: {x.name}" for r, x in REFUSALS]
)
async def test_both_refuse_it(stage: Stage, row: UseCase, refusal: Refused) -> None:
    role, meanwhile = sorted(row.roles)[0], refusal.meanwhile
    api = await api_outcome(stage, row, role, call=refusal.api, meanwhile=meanwhile)
    assert (api.done, api.status) == (False, refusal.status), api.words
    steps = refusal.console
    console = await console_outcome(stage, row, role, steps=steps, meanwhile=meanwhile)
    assert not console.done
    absent = any("absent" in word for word in console.words)
    assert absent is refusal.absent, console.words
    assert _written(console, row) == _written(api, row)
    if refusal.words is not None:
        assert refusal.words in api.words
        assert in_english(refusal.words) in console.words


@pytest.mark.parametrize(
    ("row", "role"), ROLES, ids=[f"{r.name}: {x.value}" for r, x in ROLES]
)
async def test_who_may_not_may_not_at_either(
    stage: Stage, row: UseCase, role: Role
) -> None:
    async with running(stage, row, role) as run:
        api = await by_api(stage, run, row.api)
        assert not _written(api, row)
        assert api.status == 403, api
        console = await by_console(stage, run, row.console)
        assert not console.done
        assert not _written(console, row)


async def test_every_changing_route_is_in_the_table(stage: Stage) -> None:
    calls = [row.api for row in TABLE]
    calls += [refusal.api for _, refusal in REFUSALS if refusal.api]
    rows = {(call.method, call.path) for call in calls}
    routes = changing_routes(stage.rig.app.openapi())
    lacking = {
        route
        for route in routes
        if not any(route[0] == m and same_path(route[1], p) for m, p in rows)
    }
    assert sorted(lacking - MAY_BE_ABSENT.keys()) == sorted(API_ALONE)


async def test_every_handler_of_the_console_is_in_the_table(stage: Stage) -> None:
    if next(_RUNS) < 2 * len(TABLE):
        pytest.skip("only with the whole table before it")
    handlers, alone = acting_handlers(), CONSOLE_ALONE.keys()
    assert not sorted(handlers - stage.ran - alone)
    assert not sorted(alone - handlers), "no longer there"
