"""Provider accounts are changed and tried by administrators, and that is kept."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from centre.accounts import service as accounts
from centre.accounts.fields import Value
from centre.accounts.models import AccountChanges, AccountDraft
from centre.accounts.routing_service import (
    forget_routing_rules,
    put_routing_rules,
    routing_rules,
)
from centre.accounts.trial import Trial, send_trial
from centre.audit import audit
from centre.audit.audit import Actor, AuditEntry, AuditFilter
from centre.context import Context
from core.errors import Conflict, Forbidden, NotFound
from core.traffic_shares import RoutingRules
from core.words import Channel, IdentityType, Role
from tests.support.api.rig import Rig, running_api

ADMIN = Actor(who="wang", role=Role.ADMIN)
SECRET = "marker-of-a-secret"
SMS: dict[str, Value] = {
    "access_key_id": "LTAI1",
    "access_key_secret": SECRET,
    "sign_name": "一院",
}
DRAFT = AccountDraft(weight=40, values=SMS)
RULES = RoutingRules(every_seconds=7)

Change = Callable[[Context, Actor], Awaitable[object]]
EVERY: dict[str, Change] = {
    "set": lambda c, actor: accounts.set_account(c, Channel.SMS, SMS, actor),
    "put": lambda c, actor: accounts.put_account(c, Channel.SMS, "a", DRAFT, actor),
    "add": lambda c, actor: accounts.add_account(c, Channel.SMS, "a", DRAFT, actor),
    "change": lambda c, actor: accounts.change_account(
        c, Channel.SMS, "a", AccountChanges(weight=1), actor
    ),
    "remove": lambda c, actor: accounts.remove_account(c, Channel.SMS, "a", actor),
    "rules": lambda c, actor: put_routing_rules(c, RULES, actor),
    "no rules": lambda c, actor: forget_routing_rules(c, actor),
    "test": lambda c, actor: send_trial(
        c,
        Channel.SMS,
        Trial(identity_type=IdentityType.MOBILE, value="13800138000"),
        actor,
    ),
}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


async def log(rig: Rig) -> tuple[AuditEntry, ...]:
    """Return what was done by people, the last first."""
    async with rig.context.store.sessions() as session:
        found = await audit.list_audit(session, AuditFilter(who=ADMIN.who))
    return found.items


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, "client"])
@pytest.mark.parametrize("change", EVERY.values(), ids=EVERY)
async def test_only_an_administrator_changes_accounts(
    rig: Rig, change: Change, role: str
) -> None:
    with pytest.raises(Forbidden, match="role admin"):
        await change(rig.context, Actor(who="x", role=role))
    assert (await accounts.account_view(rig.context, Channel.SMS)).source == "sandbox"
    assert (await routing_rules(rig.context)).source == "settings"


async def test_a_change_is_kept_without_its_secret(rig: Rig) -> None:
    for name in ("add", "change", "put", "remove"):
        await EVERY[name](rig.context, ADMIN)
    done = await log(rig)
    assert [entry.action for entry in done] == [
        "drop-account",
        *["set-account"] * 3,
    ]
    assert {entry.target for entry in done} == {"channels/sms/accounts/a"}
    assert done[-1].after is not None
    assert done[-1].after["sign_name"] == "一院"
    assert SECRET not in str(done)


async def test_there_is_one_account_of_a_code(rig: Rig) -> None:
    await EVERY["add"](rig.context, ADMIN)
    with pytest.raises(Conflict):
        await EVERY["add"](rig.context, ADMIN)
    found = await accounts.account_state(rig.context, Channel.SMS, "a")
    assert (found.weight, found.source) == (40, "store")


@pytest.mark.parametrize("name", ["change", "remove"])
async def test_what_is_not_kept_here_is_not_changed(rig: Rig, name: str) -> None:
    with pytest.raises(NotFound, match="kept here"):
        await EVERY[name](rig.context, ADMIN)


async def test_an_account_is_named_by_its_code(rig: Rig) -> None:
    trial = Trial(identity_type=IdentityType.MOBILE, value="13800138000")
    for asked in (
        accounts.account_view(rig.context, Channel.SMS, "none"),
        accounts.account_state(rig.context, Channel.SMS, "none"),
        send_trial(rig.context, Channel.SMS, trial, ADMIN, "none"),
    ):
        with pytest.raises(NotFound, match="no such account"):
            await asked


async def test_rules_that_were_set_are_let_go_once(rig: Rig) -> None:
    held = await put_routing_rules(rig.context, RULES, ADMIN)
    assert (held.source, held.set_by, held.rules) == ("store", ADMIN.who, RULES)
    for _ in range(2):
        await forget_routing_rules(rig.context, ADMIN)
    assert (await routing_rules(rig.context)).source == "settings"
    assert [entry.target for entry in await log(rig)] == ["routing"] * 2


async def test_texts_are_signed_by_the_account_that_holds(rig: Rig) -> None:
    await EVERY["set"](rig.context, ADMIN)
    assert await accounts.signature_of(rig.context, Channel.SMS) == "一院"
