"""TD, T, 退订, STOP at the receipt addresses: an opt-out, and no word of it is kept."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment

from activities.records import RecordActivities
from centre.catalog import models, policies, templates
from centre.catalog.message_types import add_message_type, update_message_type
from centre.delivery import attempt_writes
from centre.delivery.contracts import Snapshot
from centre.people import opt_out_queries as preferences
from centre.people import persons
from centre.people.contracts import PatientDraft, Preference
from centre.people.replies import CONFIRMATION
from centre.receipts.replies import ReplyIntake, ReplyResult
from channels.uplinks import Uplink
from core.clock import utc_now
from core.models import Message
from core.policies import WeightedChannel
from core.words import Channel, IdentityType, Outcome, Reason, Role, Status, TypeClass
from tests.support.api.rig import SETUP, Headers, Rig, add_type, running_api

MOBILE, NATIONAL = "+8613800138000", "13800138000"
PATH = "/v1/receipts/sms/sandbox-secret"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        await add_type(running, "promotion")
        news = models.MessageTypeChanges(type_class=TypeClass.MARKETING)
        await update_message_type(running.context, "promotion", news, SETUP)
        yield running


@pytest.fixture
async def his(rig: Rig) -> Headers:
    return await rig.client("his")


async def texted(rig: Rig, his: Headers, **changes: Any) -> UUID:
    """Send a message that goes out by SMS."""
    message_id = await rig.sent(his, channels=["sms"], **changes)
    rig.flows.stand(message_id, Status.DELIVERED)
    await rig.record(message_id)
    async with rig.context.store.sessions.begin() as session:
        attempt = await attempt_writes.begin_attempt(
            session,
            delivery_id=message_id,
            message_id=message_id,
            channel=Channel.SMS,
            provider="aliyun",
        )
        await attempt_writes.end_attempt(session, attempt.id, "accepted")
    return message_id


def aliyun(text: str, number: str = NATIONAL) -> bytes:
    told = {
        "phone_number": number,
        "send_time": "2026-11-24 09:30:00",
        "content": text,
        "sign_name": "医院",
        "dest_code": "1069",
        "sequence_id": 7,
    }
    return json.dumps([told]).encode()


def tencent(text: str, number: str = NATIONAL) -> bytes:
    told = {
        "extend": "",
        "mobile": number,
        "nationcode": "86",
        "sign": "医院",
        "text": text,
        "time": 1457336869,
    }
    return json.dumps(told).encode()


async def pushed(rig: Rig, body: bytes, path: str = PATH) -> httpx.Response:
    answer = await rig.http.post(path, content=body)
    assert answer.status_code == 200, answer.text
    return answer


async def opt_outs(rig: Rig, mobile: str = MOBILE) -> tuple[Preference, ...]:
    async with rig.context.store.sessions() as session:
        return await preferences.preferences_of(session, IdentityType.MOBILE, mobile)


async def hear(rig: Rig, provider: str, text: str = "TD") -> ReplyResult:
    uplink = Uplink(provider=provider, number="86" + NATIONAL, text=text, at=utc_now())
    return await ReplyIntake(rig.context).take(uplink)


def answers(rig: Rig) -> list[Message]:
    return [m for m in rig.flows.accepted.values() if m.type == CONFIRMATION]


@pytest.mark.parametrize(
    ("provider", "body", "answer"),
    [("aliyun", aliyun, {"code": 0}), ("tencent", tencent, {"result": 0})],
)
async def test_an_opt_out_of_the_class_that_was_texted_last(
    rig: Rig, his: Headers, provider: str, body: Any, answer: dict[str, int]
) -> None:
    await texted(rig, his)
    await texted(rig, his, type="promotion")
    path = PATH if provider == "aliyun" else f"{PATH}-tencent"
    for _ in range(3):  # a provider pushes again what it is not sure of
        told = (await pushed(rig, body("ＴＤ。"), path)).json()
        assert answer.items() <= told.items()
    (said,) = await opt_outs(rig)
    assert (said.channel, said.type_class) == (Channel.SMS, TypeClass.MARKETING)
    assert said.source == "sms_reply"
    admin = await rig.person(Role.ADMIN)
    shown = await rig.http.get(
        f"/v1/admin/preferences/mobile/{NATIONAL}", headers=admin
    )
    assert shown.json()["items"][0]["source"] == "sms_reply"
    log = await rig.http.get("/v1/admin/audit?action=opt-out", headers=admin)
    (row,) = log.json()["items"]
    assert row["actor"]["who"] == f"replies/{provider}"
    assert row["actor"]["role"] == "system"
    assert NATIONAL not in log.text
    assert not answers(rig)  # a cloud's texts need a template that was approved


async def test_it_holds_for_what_comes_next_and_is_undone_by_hand(
    rig: Rig, his: Headers
) -> None:
    await texted(rig, his, type="promotion")
    await pushed(rig, aliyun("退订"))
    assert await reasons(rig, his, "promotion") == {Channel.SMS: Reason.OPTED_OUT}
    assert await reasons(rig, his, "exam-booking") == {}
    admin = await rig.person(Role.ADMIN)
    path = f"/v1/admin/preferences/mobile/{NATIONAL}"
    which = {"channel": "sms", "type_class": "marketing"}
    gone = await rig.http.delete(path, params=which, headers=admin)
    assert gone.status_code == 204
    assert await reasons(rig, his, "promotion") == {}


async def reasons(rig: Rig, his: Headers, kind: str) -> dict[Channel, Reason]:
    """Return why a message by SMS would be withheld."""
    message_id = await rig.sent(his, type=kind, channels=["sms"])
    message, doc = rig.flows.accepted[message_id], rig.flows.docs[message_id]
    records = RecordActivities(rig.context.store)
    snapshot = Snapshot(message=message, status=doc)
    found = await ActivityEnvironment().run(records.prepare, snapshot)
    return dict(found.withheld)


async def test_a_number_we_never_texted_wants_no_text_at_all(rig: Rig) -> None:
    await pushed(rig, aliyun("STOP"))
    (said,) = await opt_outs(rig)
    assert (said.channel, said.type_class, said.message_type) == (
        Channel.SMS,
        None,
        None,
    )


async def test_a_text_found_by_the_index_is_the_one_answered(
    rig: Rig, his: Headers
) -> None:
    async with rig.context.store.sessions.begin() as session:
        draft = PatientDraft(name="x", identities={IdentityType.MOBILE: NATIONAL})
        await persons.put_person(session, "patient", "E100", draft, SETUP)
    await texted(
        rig, his, type="promotion", recipient={"identities": {"empi_id": "E100"}}
    )
    # Later, for the same person, to another phone: not what is answered here.
    other = {"empi_id": "E100", "mobile": "13900139000"}
    await texted(rig, his, recipient={"identities": other})
    await pushed(rig, aliyun("T"))
    (said,) = await opt_outs(rig)
    assert said.type_class is TypeClass.MARKETING


@pytest.mark.parametrize("number", ["106900001", "", "x", "0" * 100, "+1"])
async def test_what_is_no_mobile_changes_nothing(rig: Rig, number: str) -> None:
    await pushed(rig, aliyun("TD", number))
    assert await opt_outs(rig) == ()


@pytest.mark.parametrize("text", [r"\ud800", r"TD\u0000\udfff", "T" * 100_000, ""])
async def test_no_text_is_too_strange(rig: Rig, text: str) -> None:
    told = aliyun("?").decode().replace('"?"', f'"{text}"').encode()
    await pushed(rig, told)
    one = tencent("?").decode().replace('"?"', f'"{text}"').encode()
    await pushed(rig, one, f"{PATH}-tencent")


async def test_anything_else_is_logged_without_its_words(
    rig: Rig, his: Headers
) -> None:
    await texted(rig, his)
    with capture_logs() as logs:
        await pushed(rig, aliyun("我想改约到周五，张三"))
        await pushed(rig, aliyun("TD"))
    assert [e["event"] for e in logs if e["event"].startswith("reply")] == [
        "reply.unknown"
    ]
    for secret in ("张三", "周五", NATIONAL):
        assert secret not in str(logs)
    metrics = (await rig.http.get("/metrics")).text
    assert 'provider="aliyun",result="unknown_reply"' in metrics
    assert 'provider="aliyun",result="opted_out"' in metrics


@pytest.mark.parametrize("provider", ["cmpp", "smpp"])
async def test_a_gateways_opt_out_is_answered_once(
    rig: Rig, his: Headers, provider: str
) -> None:
    await texted(rig, his, type="promotion")
    assert await hear(rig, provider) is ReplyResult.OPTED_OUT
    assert await hear(rig, provider) is ReplyResult.REPEATED
    (answer,) = answers(rig)
    assert answer.recipient.identities == {IdentityType.MOBILE: MOBILE}
    assert (answer.client, answer.plan.channels) == ("his", (Channel.SMS,))


async def test_a_cloud_answers_where_its_type_was_set_up(
    rig: Rig, his: Headers
) -> None:
    await texted(rig, his, type="promotion")
    await add_confirmation(rig)
    await pushed(rig, aliyun("TD"))
    assert len(answers(rig)) == 1


async def add_confirmation(rig: Rig, body: str = "已退订") -> None:
    sms = WeightedChannel(channel=Channel.SMS, weight=0.9)
    policy = models.PolicyChange(channels=(sms,))
    async with rig.context.store.sessions.begin() as session:
        kind = models.MessageTypeDraft(code=CONFIRMATION, name="退订确认")
        await add_message_type(session, kind, SETUP)
        await policies.add_policy(session, CONFIRMATION, policy, SETUP)
        said = models.TemplateDraft(body=body, provider_template="SMS_1")
        await templates.add_template(session, CONFIRMATION, Channel.SMS, said, SETUP)


@pytest.mark.parametrize("way", ["disabled", "needs values"])
async def test_what_can_not_be_answered_is_an_opt_out_all_the_same(
    rig: Rig, his: Headers, way: str
) -> None:
    await texted(rig, his)
    await add_confirmation(rig, "{{name}}，已退订" if way == "needs values" else "x")
    if way == "disabled":
        off = models.MessageTypeChanges(enabled=False)
        await update_message_type(rig.context, CONFIRMATION, off, SETUP)
    await pushed(rig, aliyun("TD"))
    assert len(await opt_outs(rig)) == 1
    assert not answers(rig)


async def test_the_answer_passes_the_opt_out_that_it_confirms(
    rig: Rig, his: Headers
) -> None:
    await hear(rig, "cmpp")  # of everything, as nothing was texted
    await texted(rig, his)
    await hear(rig, "cmpp")
    (answer,) = answers(rig)
    doc = rig.flows.docs[answer.id]
    records = RecordActivities(rig.context.store)
    snapshot = Snapshot(message=answer, status=doc)
    found = await ActivityEnvironment().run(records.prepare, snapshot)
    assert found.withheld == {}
    assert doc.delivery(Channel.SMS).outcome is Outcome.PENDING


async def test_with_temporal_away_the_provider_is_to_push_again(
    rig: Rig, his: Headers
) -> None:
    await texted(rig, his)
    await add_confirmation(rig)
    rig.flows.down = True
    answer = await rig.http.post(PATH, content=aliyun("TD"))
    assert answer.status_code == 503
    rig.flows.down = False
    await pushed(rig, aliyun("TD"))
    assert len(answers(rig)) == 1
    assert len(await opt_outs(rig)) == 1
