"""What is reported of a call: why nobody was reached, and the key that confirms."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from centre.catalog import message_types
from centre.catalog.models import MessageTypeChanges
from centre.delivery import attempt_queries, attempt_writes
from centre.delivery.models import Attempt
from centre.messages import queries as messages
from centre.receipts.intake import BY_KEY
from core.models import Acknowledgement, delivery_id
from core.words import Channel, Outcome, Role, Status
from tests.support.api.administrator import Desk
from tests.support.api.rig import SETUP, Rig

CALL = "call-1"
TO = "/v1/receipts/voice/sandbox-secret-tencent"
STANDINGS = "/standings/mobile/13800138000"


async def push(rig: Rig, kind: str, **fields: str) -> None:
    """Report something of the call, as Tencent does."""
    at = str(int(datetime.now(UTC).timestamp()))
    event = {"callid": CALL, "mobile": "13800138000", "end_calltime": at} | fields
    answer = await rig.http.post(TO, json={kind: event})
    assert answer.json()["result"] == 0


async def called(rig: Rig, **ask_for: Any) -> UUID:
    """Send a message of which a call was taken."""
    changes = MessageTypeChanges.model_validate(ask_for)
    change = message_types.update_message_type
    await change(rig.context, "exam-booking", changes, SETUP)
    message_id = await rig.sent(await rig.client())
    rig.flows.stand(message_id, Status.DELIVERED)
    await rig.record(message_id)
    async with rig.context.store.sessions.begin() as session:
        begun = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery_id(message_id, Channel.VOICE, 1),
            message_id=message_id,
            channel=Channel.VOICE,
            provider="tencent",
            account="tencent",
        )
        await attempt_writes.end_attempt(
            session, begun.id, "accepted", provider_message_id=CALL
        )
    return message_id


async def kept(rig: Rig, message_id: UUID) -> Attempt:
    async with rig.context.store.sessions() as session:
        [made] = await attempt_queries.attempts_of_message(session, message_id)
    return made


async def confirmed(rig: Rig, message_id: UUID) -> Acknowledgement | None:
    async with rig.context.store.sessions() as session:
        stored = await messages.find(session, message_id)
    assert stored is not None
    return stored.status.acknowledgement


@pytest.mark.parametrize("state_first", [True, False])
async def test_why_a_call_failed_may_come_after_the_failure(
    rig: Rig, state_first: bool
) -> None:
    message_id = await called(rig)
    pushes = [
        ("voiceprompt_callback", {"result": "1"}),
        ("voice_failure_callback", {"failure_code": "8"}),
    ]
    for kind, fields in pushes if state_first else reversed(pushes):
        for _ in range(3):
            await push(rig, kind, **fields)
    attempt = await kept(rig, message_id)
    assert (attempt.receipt_outcome, attempt.receipt_code) == (Outcome.FAILED, "8")
    admin = Desk(rig, await rig.person(Role.ADMIN))
    [standing] = (await admin.done("GET", STANDINGS))["items"]
    assert (standing["channel"], standing["count"]) == ("voice", 1)


async def test_a_failure_that_says_nothing_of_the_person_stays_a_repeat(
    rig: Rig,
) -> None:
    message_id = await called(rig)
    await push(rig, "voiceprompt_callback", result="1")
    await push(rig, "voice_failure_callback", failure_code="3")
    assert (await kept(rig, message_id)).receipt_code == "result-1"
    admin = Desk(rig, await rig.person(Role.ADMIN))
    assert (await admin.done("GET", STANDINGS))["items"] == []


async def test_the_key_confirms_a_message_that_must_be(rig: Rig) -> None:
    message_id = await called(rig, acknowledge=True)
    await push(rig, "voiceprompt_callback", result="0")
    assert await confirmed(rig, message_id) is None
    for _ in range(2):
        await push(rig, "voicekey_callback", keypress="1")
    given = await confirmed(rig, message_id)
    assert given is not None
    assert (given.by, given.channel) == (BY_KEY, Channel.VOICE)
    assert [name for name, *_ in rig.flows.orders].count("acknowledge") == 1
    admin = Desk(rig, await rig.person(Role.ADMIN))
    rows = (await admin.done("GET", "/audit"))["items"]
    noted = [r["actor"]["who"] for r in rows if r["action"] == "acknowledge"]
    assert noted == ["receipts/tencent"]


@pytest.mark.parametrize(
    ("ask_for", "key"),
    [
        pytest.param({}, "1", id="nobody need confirm"),
        pytest.param({"acknowledge": True}, "2", id="another key"),
        pytest.param(
            {"acknowledge": True, "read_back_param": "place"}, "1", id="read back"
        ),
    ],
)
async def test_what_a_key_does_not_confirm(
    rig: Rig, ask_for: dict[str, Any], key: str
) -> None:
    message_id = await called(rig, **ask_for)
    await push(rig, "voicekey_callback", keypress=key)
    assert await confirmed(rig, message_id) is None
