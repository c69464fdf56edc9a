"""Policies and templates through both doors: what is refused, and what breaks."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from centre.audit.audit import Actor
from centre.catalog.message_types import message_type
from centre.catalog.models import Breaking, PolicyChange, TemplateDraft
from centre.catalog.policies import policy_versions, put_policy, review_policy
from centre.catalog.templates import (
    put_template,
    restore_template,
    review_restoration,
    review_template,
    template_versions,
)
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.policies import WeightedChannel
from core.words import Channel, Role
from tests.support.api.administrator import Desk
from tests.support.api.rig import Rig, problem, running_api

CODE = "exam-booking"
ACTOR = Actor(who="eve", role=Role.ADMIN)
POLICY = f"/message-types/{CODE}/policy"
TEMPLATE = f"/message-types/{CODE}/templates/sms"
SMS_ONLY: dict[str, Any] = {"channels": [{"channel": "sms", "weight": 0.5}]}
# The SMS asks for {{exam}} and {{place}}; this one asks for another value.
OTHER = {"body": "{{exam}} {{ward}}"}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        await running.new_client("his", message_types=[CODE])
        await running.new_client("lis", message_types=["lab-report"])
        yield running


@pytest.fixture
async def admin(rig: Rig) -> Desk:
    return Desk(rig, await rig.person(Role.ADMIN))


async def only_sms(rig: Rig) -> None:
    """Let the type use the channel alone whose template the tests change."""
    await put_policy(rig.context, CODE, change(), ACTOR)


def change(**more: Any) -> PolicyChange:
    sms = WeightedChannel(channel=Channel.SMS, weight=0.5)
    return PolicyChange(channels=(sms,), **more)


async def test_what_is_read_can_be_changed_and_put_back(admin: Desk) -> None:
    held = await admin.done("GET", POLICY)
    again = await admin.done("PUT", POLICY, held | {"threshold": 0.7})
    assert (again["version"], again["threshold"]) == (held["version"] + 1, 0.7)


async def test_a_policy_is_not_written_over_what_another_has_changed(
    rig: Rig, admin: Desk
) -> None:
    held = await admin.done("GET", POLICY)
    await admin.done("PUT", POLICY, SMS_ONLY)
    for method, path in (("PUT", POLICY), ("POST", f"{POLICY}/check")):
        refused = problem(await admin.ask(method, path, held), 409)
        assert (
            refused["detail"] == "Somebody else has changed this since you opened it."
        )
    stale = change(version=held["version"])
    with pytest.raises(Conflict):
        await put_policy(rig.context, CODE, stale, ACTOR)
    with pytest.raises(Conflict):
        await review_policy(rig.context, CODE, stale)
    assert len(await policy_versions(rig.context, CODE)) == 2


async def test_who_names_no_version_writes_over_whatever_holds(admin: Desk) -> None:
    held = await admin.done("GET", POLICY)
    for number in (1, 2):
        added = await admin.done("PUT", POLICY, SMS_ONLY)
        assert added["version"] == held["version"] + number


async def test_a_first_version_is_based_on_none(admin: Desk) -> None:
    await admin.done("POST", "/message-types", {"code": "new", "name": "n"}, 201)
    path = "/message-types/new/policy"
    added = await admin.done("PUT", path, SMS_ONLY | {"version": 0})
    assert added["version"] == 1
    problem(await admin.ask("PUT", path, SMS_ONLY | {"version": 0}), 409)
    path = "/message-types/new/templates/sms"
    await admin.done("PUT", path, {"body": "a", "version": 0})
    problem(await admin.ask("PUT", path, {"body": "b", "version": 0}), 409)


async def test_a_check_of_a_policy_names_what_breaks_and_for_whom(
    rig: Rig, admin: Desk
) -> None:
    await admin.done("PUT", f"/message-types/{CODE}/templates/email", OTHER)
    email = {"channels": [{"channel": "email", "weight": 0.5}]}
    found = await admin.done("POST", f"{POLICY}/check", email)
    # Every channel's words were asked for until now.
    assert (found["added"], found["dropped"]) == ([], ["place"])
    assert found["placeholders"] == ["exam", "ward"]
    assert found["senders"] == [{"code": "his", "name": "his"}]
    assert len(await policy_versions(rig.context, CODE)) == 1
    same = await review_policy(rig.context, CODE, PolicyChange.model_validate(email))
    assert same.model_dump(mode="json") == found


async def test_a_policy_that_breaks_is_refused_to_who_does_not_mean_it(
    rig: Rig, admin: Desk
) -> None:
    await admin.done("PUT", f"/message-types/{CODE}/templates/email", OTHER)
    email = {"channels": [{"channel": "email", "weight": 0.5}]}
    answer = await admin.ask("PUT", POLICY, email, breaking="refuse")
    assert "would be refused" in problem(answer, 409)["detail"]
    meant = PolicyChange.model_validate(email)
    with pytest.raises(Conflict):
        await put_policy(rig.context, CODE, meant, ACTOR, Breaking.REFUSE)
    assert (await admin.ask("PUT", POLICY, email, breaking="sometimes")).is_error
    assert len(await policy_versions(rig.context, CODE)) == 1
    answer = await admin.ask("PUT", POLICY, email, breaking="allow")
    assert answer.json()["version"] == 2


async def test_what_breaks_nothing_needs_no_word(rig: Rig) -> None:
    await put_policy(rig.context, CODE, change(), ACTOR, Breaking.REFUSE)
    draft = TemplateDraft(body="{{place}}: {{exam}}!")
    await put_template(rig.context, CODE, Channel.SMS, draft, ACTOR, Breaking.REFUSE)


async def test_a_template_is_not_written_over_what_another_has_written(
    rig: Rig, admin: Desk
) -> None:
    await admin.done("PUT", TEMPLATE, OTHER | {"version": 1})
    for method, path in (("PUT", TEMPLATE), ("POST", f"{TEMPLATE}/check")):
        problem(await admin.ask(method, path, OTHER | {"version": 1}), 409)
    stale = TemplateDraft(body="mine", version=1)
    with pytest.raises(Conflict):
        await put_template(rig.context, CODE, Channel.SMS, stale, ACTOR)
    with pytest.raises(Conflict):
        await review_template(rig.context, CODE, Channel.SMS, stale)
    newest, _ = await template_versions(rig.context, CODE, Channel.SMS)
    assert newest.template.body == OTHER["body"]


async def test_a_template_that_breaks_is_refused_to_who_does_not_mean_it(
    rig: Rig, admin: Desk
) -> None:
    await only_sms(rig)
    problem(await admin.ask("PUT", TEMPLATE, OTHER, breaking="refuse"), 409)
    await admin.done("PUT", TEMPLATE, OTHER)
    restore = f"{TEMPLATE}/restore"
    problem(await admin.ask("POST", restore, {"version": 1}, breaking="refuse"), 409)
    found = await review_restoration(rig.context, CODE, Channel.SMS, 1)
    assert (found.added, found.dropped) == (("place",), ("ward",))
    assert found.agreed is Breaking.ALLOW
    again = await restore_template(
        rig.context, CODE, Channel.SMS, 1, ACTOR, found.agreed
    )
    assert again.version == 3


async def test_both_doors_refuse_the_same_policies(rig: Rig, admin: Desk) -> None:
    twice = SMS_ONLY["channels"] * 2
    for wrong, places in (
        ({"channels": twice}, ["/channels"]),
        (SMS_ONLY | {"confirm": {"wecom": {}}}, ["/confirm/wecom"]),
        (SMS_ONLY | {"unknown": {"email": {}}}, ["/unknown/email"]),
    ):
        for method, path in (("PUT", POLICY), ("POST", f"{POLICY}/check")):
            answer = problem(await admin.ask(method, path, wrong), 422)
            assert [place["pointer"] for place in answer["errors"]] == places
        change = PolicyChange.model_validate(wrong)
        with pytest.raises(Invalid) as refused:
            await put_policy(rig.context, CODE, change, ACTOR)
        assert [w.pointer for w in refused.value.errors] == places


async def test_an_unknown_type_is_not_found_at_any_door(rig: Rig, admin: Desk) -> None:
    path = "/message-types/nobody"
    for method, rest, body in (
        ("GET", "", None),
        ("GET", "/policy", None),
        ("GET", "/policy/versions", None),
        ("PUT", "/policy", SMS_ONLY),
        ("POST", "/policy/check", SMS_ONLY),
        ("GET", "/templates/sms", None),
        ("PUT", "/templates/sms", OTHER),
        ("POST", "/templates/sms/check", OTHER),
        ("POST", "/templates/sms/enable", None),
        ("POST", "/templates/sms/preview", {}),
        ("GET", "/sending-times", None),
    ):
        answer = problem(await admin.ask(method, path + rest, body), 404)
        assert answer["detail"] == "There is no such message type.", rest
    with pytest.raises(NotFound):
        await message_type(rig.context, "nobody")


async def test_the_record_says_who_came_through_which_door(
    rig: Rig, admin: Desk
) -> None:
    await put_policy(rig.context, CODE, change(), ACTOR)
    await admin.done("PUT", POLICY, SMS_ONLY)
    found = await admin.done("GET", f"/audit?target=message-types/{CODE}/policy")
    entries = [(e["actor"]["who"], e["action"]) for e in found["items"]]
    assert entries[:2] == [("admin", "add-version"), ("eve", "add-version")]


async def test_only_administrators_change_the_catalog_through_any_door(
    rig: Rig,
) -> None:
    operator = Actor(who="op", role=Role.OPERATOR)
    desk = Desk(rig, await rig.person(Role.OPERATOR))
    problem(await desk.ask("PUT", POLICY, SMS_ONLY), 403)
    problem(await desk.ask("PUT", TEMPLATE, OTHER), 403)
    with pytest.raises(Forbidden):
        await put_policy(rig.context, CODE, change(), operator)
    draft = TemplateDraft(body="mine")
    with pytest.raises(Forbidden):
        await put_template(rig.context, CODE, Channel.SMS, draft, operator)
    assert len(await policy_versions(rig.context, CODE)) == 1
