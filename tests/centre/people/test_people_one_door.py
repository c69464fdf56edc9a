"""People, opt-outs, standings, consents: one rule, whichever door one comes by."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.context import Context
from centre.people import opt_outs, patients
from centre.people.contracts import PatientDraft, Preference
from centre.reachability import service
from centre.reachability.contracts import ConsentChange
from core.errors import Conflict, Forbidden, NotFound
from core.models import Address
from core.words import Channel, IdentityType, Role
from db.columns import utc_now
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR

MOBILE = "+8613800138000"
MINI = "openid-of-the-mini-program"
DRAFT = PatientDraft(
    name="欧阳明文",
    identities={
        IdentityType.MOBILE: MOBILE,
        IdentityType.WECHAT_MINI_OPENID: MINI,
    },
)
NO_TEXTS = Preference(
    identity_type=IdentityType.MOBILE, channel=Channel.SMS, since=utc_now()
)
CHANGE = ConsentChange(template="tpl-1", quota=3)
AT_MOBILE = Address(type=IdentityType.MOBILE, value=MOBILE)
AT_MINI = Address(type=IdentityType.WECHAT_MINI_OPENID, value=MINI)

Act = Callable[[Context, UUID, Actor], Awaitable[object]]
ADMINS, OPERATORS = {Role.ADMIN}, {Role.ADMIN, Role.OPERATOR}
# Each use case by its identity, as the API calls it, and by its patient.
USE_CASES: dict[str, tuple[Act, set[Role]]] = {
    "put": (lambda c, _, a: patients.put_patient(c, "E9", DRAFT, a), ADMINS),
    "opt out": (lambda c, _, a: opt_outs.opt_out(c, NO_TEXTS, MOBILE, a), ADMINS),
    "opt patient out": (
        lambda c, p, a: opt_outs.opt_patient_out(c, p, NO_TEXTS, a),
        ADMINS,
    ),
    "opt in": (lambda c, _, a: opt_outs.opt_in(c, NO_TEXTS, MOBILE, a), ADMINS),
    "opt patient in": (
        lambda c, p, a: opt_outs.opt_patient_in(c, p, NO_TEXTS, a),
        ADMINS,
    ),
    "clear": (lambda c, _, a: service.clear_standing(c, AT_MOBILE, None, a), OPERATORS),
    "clear patient": (
        lambda c, p, a: service.clear_patient_standing(
            c, p, IdentityType.MOBILE, None, a
        ),
        OPERATORS,
    ),
    "consent": (lambda c, _, a: service.set_consent(c, AT_MINI, CHANGE, a), OPERATORS),
    "patient's consent": (
        lambda c, p, a: service.set_patient_consent(c, p, CHANGE, a),
        OPERATORS,
    ),
    "reveal": (lambda c, p, a: patients.reveal_patient(c, p, a), OPERATORS),
}


def acting(role: Role | str) -> Actor:
    return Actor(who="sun", role=role)


@pytest.mark.parametrize("name", USE_CASES)
async def test_a_role_may_or_may_not_whatever_the_door(store: Store, name: str) -> None:
    context = context_of(store)
    person = await patients.put_patient(context, "E1", DRAFT, ACTOR)
    act, allowed = USE_CASES[name]
    for role in (*Role, "client", "workstation"):
        if role in allowed:
            await act(context, person.id, acting(role))
        else:
            with pytest.raises(Forbidden):
                await act(context, person.id, acting(role))
    found = await logged(store)
    assert {role for role, _ in found} == {str(role) for role in allowed}


async def logged(store: Store) -> list[tuple[str, str]]:
    async with store.sessions() as session:
        found = await audit.list_audit(session, AuditFilter(who="sun"))
    return [(str(entry.actor.role), entry.action) for entry in found.items]


async def test_both_doors_write_the_same_record(store: Store) -> None:
    context = context_of(store)
    person = await patients.put_patient(context, "E1", DRAFT, ACTOR)
    sun = acting(Role.ADMIN)
    await service.set_consent(context, AT_MINI, CHANGE, sun)
    await service.set_patient_consent(context, person.id, CHANGE, sun)
    await service.clear_standing(context, AT_MOBILE, Channel.SMS, sun)
    kind = IdentityType.MOBILE
    await service.clear_patient_standing(context, person.id, kind, Channel.SMS, sun)
    async with store.sessions() as session:
        found = (await audit.list_audit(session, AuditFilter(who="sun"))).items
    cleared, again, consent, anew = ((e.action, e.target, e.after) for e in found)
    assert cleared == again
    assert consent == anew


async def test_a_patient_without_the_number_is_told_so(store: Store) -> None:
    context = context_of(store)
    bare = await patients.put_patient(context, "E1", PatientDraft(name="李"), ACTOR)
    with pytest.raises(NotFound):
        await opt_outs.opt_patient_out(context, bare.id, NO_TEXTS, ACTOR)
    kind = IdentityType.MOBILE
    with pytest.raises(NotFound):
        await service.clear_patient_standing(context, bare.id, kind, None, ACTOR)
    with pytest.raises(Conflict):
        await service.set_patient_consent(context, bare.id, CHANGE, ACTOR)
    assert await service.consents_of_patient(context, bare.id) == ()


async def test_only_an_administrators_look_by_number_is_in_clear(store: Store) -> None:
    context = context_of(store)
    await patients.put_patient(context, "E1", DRAFT, ACTOR)
    seen = {
        role: (await patients.patient_for(context, "E1", acting(role))).name
        for role in Role
    }
    clear = {role for role, name in seen.items() if name == "欧阳明文"}
    assert clear == {Role.ADMIN}
    assert await logged(store) == [("admin", "look")]
