"""People, opt-outs, standings, consents: one rule, whichever door one comes by."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.context import Context
from centre.people import opt_outs, patients
from centre.people.contracts import PatientDraft, Preference
from centre.reachability import queries, service
from centre.reachability.contracts import ConsentChange
from core.base import evolve
from core.clock import utc_now
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.models import Address
from core.words import Channel, IdentityType, Role
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


async def _hold(context: Context) -> None:
    """Let a provider have refused the mobile number for good."""
    async with context.store.sessions.begin() as session:
        await queries.note_refusal(
            session, Channel.SMS, AT_MOBILE, "x", "MOBILE_NOT_ON_SERVICE", utc_now()
        )


async def _clear(context: Context, actor: Actor) -> None:
    await _hold(context)
    await service.clear_standing(context, AT_MOBILE, Channel.SMS, actor)


async def _clear_patient(context: Context, person_id: UUID, actor: Actor) -> None:
    await _hold(context)
    kind = IdentityType.MOBILE
    await service.clear_patient_standing(context, person_id, kind, Channel.SMS, actor)


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
    "clear": (lambda c, _, a: _clear(c, a), OPERATORS),
    "clear patient": (_clear_patient, OPERATORS),
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
    await _clear(context, sun)
    await _clear_patient(context, person.id, sun)
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


async def test_who_asks_for_a_patient_in_clear_gets_it_and_is_written_down(
    store: Store,
) -> None:
    context = context_of(store)
    await patients.put_patient(context, "E1", DRAFT, ACTOR)
    for role in (Role.ADMIN, Role.OPERATOR):
        hidden = await patients.patient_for(context, "E1", acting(role), clear=False)
        assert hidden.name != DRAFT.name
        shown = await patients.patient_for(context, "E1", acting(role), clear=True)
        assert shown.name == DRAFT.name
    with pytest.raises(Forbidden):
        await patients.patient_for(context, "E1", acting(Role.AUDITOR), clear=True)
    looks = sorted(await logged(store))
    assert looks == [("admin", "look"), ("operator", "look")]


async def test_where_nothing_is_held_nothing_is_cleared_or_written(
    store: Store,
) -> None:
    await service.clear_standing(context_of(store), AT_MOBILE, None, acting(Role.ADMIN))
    assert await logged(store) == []


async def test_a_consent_is_of_a_mini_program_openid_only(store: Store) -> None:
    with pytest.raises(Invalid):
        await service.set_consent(context_of(store), AT_MOBILE, CHANGE, ACTOR)


async def test_nobody_opts_out_of_a_type_that_there_is_not(store: Store) -> None:
    wanted = evolve(NO_TEXTS, message_type="nobody-knows")
    with pytest.raises(Invalid) as refused:
        await opt_outs.opt_out(context_of(store), wanted, MOBILE, ACTOR)
    assert [field_error.pointer for field_error in refused.value.errors] == [
        "/message_type"
    ]
