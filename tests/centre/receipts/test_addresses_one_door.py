"""Where providers report is shown to administrators and renewed by them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.receipts.addresses import (
    receipt_addresses,
    renew_receipt_address,
    reporter,
)
from channels.provider import DEFAULT_CODE
from core.errors import Forbidden, NotFound
from core.words import Channel, Role
from tests.support.api.rig import Rig, running_api

ADMIN = Actor(who="wang", role=Role.ADMIN)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, "client"])
async def test_only_an_administrator_sees_or_renews_an_address(
    rig: Rig, role: str
) -> None:
    actor = Actor(who="x", role=role)
    with pytest.raises(Forbidden):
        await receipt_addresses(rig.context, Channel.SMS, actor)
    with pytest.raises(Forbidden):
        await renew_receipt_address(rig.context, Channel.SMS, DEFAULT_CODE, actor)


async def test_an_account_that_there_is_not_has_no_address(rig: Rig) -> None:
    with pytest.raises(NotFound, match="no such account"):
        await renew_receipt_address(rig.context, Channel.SMS, "none", ADMIN)
    first, *_ = await receipt_addresses(rig.context, Channel.SMS, ADMIN)
    secret = first.url.rpartition("/")[2]
    known = await reporter(rig.context, Channel.SMS, secret)
    assert known is not None
    assert known.account == first.account
    assert await reporter(rig.context, Channel.INBOX, secret) is None


async def test_who_looked_and_who_renewed_is_kept(rig: Rig) -> None:
    await receipt_addresses(rig.context, Channel.SMS, ADMIN)
    await renew_receipt_address(rig.context, Channel.SMS, DEFAULT_CODE, ADMIN)
    async with rig.context.store.sessions() as session:
        log = await audit.list_audit(session, AuditFilter(who=ADMIN.who))
    assert [(entry.action, entry.target) for entry in log.items] == [
        ("renew-receipt-address", "channels/sms/accounts/default/receipts"),
        ("look", "channels/sms/receipts"),
    ]
