"""API and console refuse and allow the same: every use case through both doors."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from core.words import Role
from tests.api_rig import PASSWORD
from tests.both_doors import (
    Names,
    Outcome,
    Refused,
    Stage,
    Step,
    UseCase,
    by_api,
    by_console,
    in_english,
)
from tests.both_doors_catalog import POLICIES, TEMPLATES, TYPES
from tests.both_doors_channels import ACCOUNTS, CHANNELS, ROUTING
from tests.both_doors_clients import CLIENTS, STATIONS
from tests.two_doors import browser, open_doors

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

TABLE: Sequence[UseCase] = (*CLIENTS, *STATIONS, *TYPES, *POLICIES, *TEMPLATES, *CHANNELS, *ACCOUNTS, *ROUTING)
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
        yield Stage(rig.http, setter, tokens, hands, rig)


_RUNS = iter(range(10_000))


async def _ready(stage: Stage, row: UseCase) -> Names:
    names = {"n": f"n{next(_RUNS)}x"}
    for deed in row.before:
        await deed(stage, names)
    return names


def _first(row: UseCase) -> Role:
    return sorted(row.roles)[0]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_both_allow_it_and_write_down_the_same(
    stage: Stage, row: UseCase
) -> None:
    for role in sorted(row.roles):
        names = await _ready(stage, row)
        api = await by_api(stage, row.api, names, role)
        assert api.done, api.words
        names = await _ready(stage, row)
        console = await by_console(stage, row.console, names, role)
        assert console.done, console.words
        beside = tuple(one for one in console.audit if one[1] not in row.beside)
        assert beside == api.audit
        assert api.audit, "nothing was written down"


@pytest.mark.parametrize(
    ("row", "refusal"), REFUSALS, ids=[f"{r.name}: {x.name}" for r, x in REFUSALS]
)
async def test_both_refuse_it(stage: Stage, row: UseCase, refusal: Refused) -> None:
    role = _first(row)
    names = await _ready(stage, row)
    call, steps = refusal.api or row.api, refusal.console or row.console
    api = await by_api(stage, call, names, role, refusal.meanwhile)
    assert (api.done, api.status) == (False, refusal.status), api.words
    assert not api.audit
    names = await _ready(stage, row)
    console = await by_console(stage, steps, names, role, refusal.meanwhile)
    assert not console.done
    assert not any("absent" in word for word in console.words), console.words
    assert not console.audit
    if refusal.words is not None:
        assert refusal.words in api.words
        assert in_english(refusal.words) in console.words


@pytest.mark.parametrize(
    ("row", "role"), ROLES, ids=[f"{r.name}: {x.value}" for r, x in ROLES]
)
async def test_who_may_not_may_not_at_either(
    stage: Stage, row: UseCase, role: Role
) -> None:
    names = await _ready(stage, row)
    api = await by_api(stage, row.api, names, role)
    assert (api.done, api.status, api.audit) == (False, 403, ())
    console = await by_console(stage, row.console, names, role)
    assert not console.done
    assert not console.audit
