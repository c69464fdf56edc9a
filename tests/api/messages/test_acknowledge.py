"""Confirmations: who may give one, what must be read back, where it is kept."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from centre.catalog import message_types
from centre.catalog.models import MessageTypeChanges
from centre.messages import queries as messages
from centre.watch import overview_queries
from core.words import Role, Scope, Status
from tests.support.api.rig import (
    SETUP,
    Headers,
    Rig,
    pointers,
    problem,
    running_api,
    unknown_id,
)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        await ask_for(running, acknowledge=True, read_back_param="place")
        yield running


async def ask_for(rig: Rig, **changes: Any) -> None:
    wanted = MessageTypeChanges.model_validate(changes)
    change = message_types.update_message_type
    await change(rig.context, "exam-booking", wanted, SETUP)


async def confirm(
    rig: Rig, message_id: UUID, headers: Headers, **body: Any
) -> httpx.Response:
    path = f"/v1/messages/{message_id}/acknowledge"
    return await rig.http.post(path, json=body, headers=headers)


async def out(rig: Rig, headers: Headers, *, ended: bool = False) -> UUID:
    """Send a message that then stands as delivered, written down."""
    message_id = await rig.sent(headers)
    rig.flows.stand(message_id, Status.DELIVERED)
    await rig.record(message_id)
    if ended:
        rig.flows.ended.add(message_id)
        del rig.flows.docs[message_id]
    return message_id


async def waiting(rig: Rig) -> int:
    async with rig.context.store.sessions() as session:
        return (await overview_queries.unacknowledged(session)).count


async def test_a_client_confirms_its_message_once(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await out(rig, his)
    assert await waiting(rig) == 1
    answer = await confirm(rig, message_id, his, by="N0217", read_back="2号楼")
    assert answer.status_code == 200
    given = answer.json()["acknowledgement"]
    assert (given["by"], given["channel"]) == ("N0217", None)
    again = await confirm(rig, message_id, his, by="N0999", read_back="2 号楼")
    assert again.json()["acknowledgement"] == given
    assert await waiting(rig) == 0


async def test_what_was_read_back_must_be_the_value(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await out(rig, his)
    for wrong in ({}, {"read_back": "3 号楼"}):
        refused = await confirm(rig, message_id, his, by="N0217", **wrong)
        assert pointers(refused) == ["/read_back"]
        assert "号楼" not in refused.text
    assert not rig.flows.orders
    assert await waiting(rig) == 1
    full_width = await confirm(rig, message_id, his, by="N0217", read_back="２ 号楼 ")
    assert full_width.status_code == 200


async def test_a_confirmation_outlives_the_workflow(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await out(rig, his, ended=True)
    answer = await confirm(rig, message_id, his, by="N0217", read_back="2 号楼")
    assert answer.json()["source"] == "store"
    kept = await rig.http.get(f"/v1/messages/{message_id}", headers=his)
    assert kept.json()["acknowledgement"]["by"] == "N0217"
    assert await waiting(rig) == 0


async def test_an_ended_workflow_does_not_hide_it(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await out(rig, his)
    rig.flows.ended.add(message_id)  # it answers queries, and takes no signal
    await confirm(rig, message_id, his, by="N0217", read_back="2 号楼")
    kept = (await rig.http.get(f"/v1/messages/{message_id}", headers=his)).json()
    assert (kept["source"], kept["acknowledgement"]["by"]) == ("store", "N0217")
    again = await confirm(rig, message_id, his, by="N0999", read_back="2 号楼")
    assert again.json()["acknowledgement"]["by"] == "N0217"


async def test_a_late_write_of_the_workflow_keeps_the_confirmation(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await out(rig, his)
    before = rig.flows.docs[message_id]
    await confirm(rig, message_id, his, by="N0217", read_back="2 号楼")
    rig.flows.docs[message_id] = before
    await rig.record(message_id)
    async with rig.context.store.sessions() as session:
        stored = await messages.find(session, message_id)
    assert stored is not None
    assert stored.status.acknowledgement is not None
    assert await waiting(rig) == 0


async def test_who_may_confirm(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await out(rig, his)
    body = {"by": "N0217", "read_back": "2 号楼"}
    other = await rig.client("lis")
    problem(await confirm(rig, message_id, other, **body), 404)
    made = await rig.new_client("pacs")
    only_sends = rig.as_client(made, Scope.MESSAGES_SEND)
    problem(await confirm(rig, message_id, only_sends, **body), 403)
    auditor = await rig.person(Role.AUDITOR)
    problem(await confirm(rig, message_id, auditor, **body), 403)
    operator = await rig.person(Role.OPERATOR)
    assert (await confirm(rig, message_id, operator, **body)).status_code == 200
    problem(await confirm(rig, unknown_id(), operator, **body), 404)


async def test_the_log_keeps_that_and_not_what(rig: Rig) -> None:
    his = await rig.client("his")
    await confirm(rig, await out(rig, his), his, by="N0217", read_back="2 号楼")
    admin = await rig.person(Role.ADMIN)
    log = await rig.http.get("/v1/admin/audit?action=acknowledge", headers=admin)
    (row,) = log.json()["items"]
    assert (row["actor"]["who"], row["after"]["read_back"]) == ("his", True)
    assert "N0217" not in log.text
    assert "号楼" not in log.text


async def test_lists_and_figures_know_what_waits(rig: Rig) -> None:
    his = await rig.client("his")
    first, second = await out(rig, his), await out(rig, his)
    await rig.sent(his)
    await confirm(rig, first, his, by="N0217", read_back="2 号楼")
    listed = await rig.http.get("/v1/messages?unacknowledged=true", headers=his)
    assert [item["id"] for item in listed.json()["items"]] == [str(second)]
    assert "hmc_unacknowledged_messages 1.0" in (await rig.http.get("/metrics")).text


async def test_a_type_that_asks_for_nothing(rig: Rig) -> None:
    await ask_for(rig, acknowledge=False, read_back_param=None)
    his = await rig.client("his")
    message_id = await out(rig, his)
    assert await waiting(rig) == 0
    assert (await confirm(rig, message_id, his, by="N0217")).status_code == 200
