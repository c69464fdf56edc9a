"""Workstations are added, changed and read alike by API and console."""

from collections.abc import Awaitable, Callable

import pytest

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.context import Context
from centre.workstations import stations
from centre.workstations.contracts import WorkstationChanges, WorkstationDraft
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.words import Role
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR

ICU = WorkstationDraft(id="icu-1", name="ICU", department="ICU", staff=("S1",))
OFF = WorkstationChanges(enabled=False)

Act = Callable[[Context, Actor], Awaitable[object]]
ADMINS = {Role.ADMIN}
USE_CASES: dict[str, tuple[Act, set[Role]]] = {
    "create": (
        lambda c, a: stations.create_workstation(
            c, WorkstationDraft(id="icu-2", name="b", department="ICU"), a
        ),
        ADMINS,
    ),
    "update": (lambda c, a: stations.update_workstation(c, "icu-1", OFF, a), ADMINS),
    "secret": (lambda c, a: stations.rotate_secret(c, "icu-1", a), ADMINS),
    "find": (lambda c, a: stations.find_workstation(c, "icu-1", a), set(Role)),
    "list": (lambda c, a: stations.list_workstations(c, a), set(Role)),
}


@pytest.mark.parametrize("name", USE_CASES)
async def test_a_role_may_or_may_not_whatever_the_door(store: Store, name: str) -> None:
    context = context_of(store)
    await stations.create_workstation(context, ICU, ACTOR)
    act, allowed = USE_CASES[name]
    for role in (*Role, "client", "workstation"):
        actor = Actor(who="sun", role=role)
        if role in allowed:
            await act(context, actor)
        else:
            with pytest.raises(Forbidden):
                await act(context, actor)


async def test_a_secret_opens_until_it_is_renewed(store: Store) -> None:
    context = context_of(store)
    made = await stations.create_workstation(context, ICU, ACTOR)
    known = await stations.authenticate(context, "icu-1", made.secret)
    assert known is not None
    assert await stations.authenticate(context, "icu-1", "another") is None
    assert await stations.authenticate(context, "icu-9", made.secret) is None
    secret = await stations.rotate_secret(context, "icu-1", ACTOR)
    assert await stations.authenticate(context, "icu-1", made.secret) is None
    assert await stations.authenticate(context, "icu-1", secret) is not None
    await stations.update_workstation(context, "icu-1", OFF, ACTOR)
    assert await stations.authenticate(context, "icu-1", secret) is None


async def test_what_is_refused_leaves_no_record(store: Store) -> None:
    context = context_of(store)
    await stations.create_workstation(context, ICU, ACTOR)
    with pytest.raises(Conflict):
        await stations.create_workstation(context, ICU, ACTOR)
    wrong = WorkstationDraft(id="icu-3", name="c", department="ICU", staff=("no!",))
    with pytest.raises(Invalid):
        await stations.create_workstation(context, wrong, ACTOR)
    with pytest.raises(NotFound):
        await stations.rotate_secret(context, "icu-9", ACTOR)
    async with store.sessions() as session:
        found = await audit.list_audit(session, AuditFilter())
    assert [(entry.action, entry.target) for entry in found.items] == [
        ("create", "workstations/icu-1")
    ]
    assert found.items[0].after is not None
    assert found.items[0].after["staff"] == 1
