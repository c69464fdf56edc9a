"""What providers take: templates checked at save, values at the request, an alarm."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from centre.delivery import attempt_writes
from centre.queues.steering import figures
from centre.watch.watching import Watch
from core.words import Channel, Priority, Reason, Role
from tests.support.api.administrator import Desk
from tests.support.api.rig import Rig, problem, running_api

SMS = "/message-types/visit/templates/sms"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def desk(rig: Rig) -> Desk:
    desk = Desk(rig, await rig.person(Role.ADMIN))
    await desk.done("POST", "/message-types", {"code": "visit", "name": "就诊"}, 201)
    return desk


async def refused(desk: Desk, path: str, body: Any) -> list[str]:
    answer = await desk.ask("PUT", path, body)
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in problem(answer, 422)["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        "您好｛｛name｝｝，请到{place}",
        "{｛name｝}",
        "${name}",
        "{1}",
        "{name}",
        "{{ name }}",
        "{{name}",
        "{{{name}}}",
        "﹛name﹜",
        "[[name]]",
        "<%name%>",
        "［［name］］",
        "＜%name%＞",
        "❴name❵",
        "︷name︸",
        "【【name】】",
        "&#123;name&#x7D;",
    ],
)
async def test_other_brackets_are_refused(desk: Desk, body: str) -> None:
    assert await refused(desk, SMS, {"body": body}) == ["/body"]
    titled = {"title": body, "body": "好", "fields": {"a": body}}
    assert await refused(desk, SMS, titled) == ["/title", "/fields/a"]


@pytest.mark.parametrize(
    "body", ["3#楼5#床", "【{{name}}】", "a < b > c", "10%", "（一）"]
)
async def test_what_people_write_is_taken(desk: Desk, body: str) -> None:
    await desk.done("PUT", SMS, {"body": body})


@pytest.mark.parametrize(
    ("path", "filed"),
    [
        ("sms", "T1"),
        ("sms", "sms_1"),
        ("sms", "SMS_1 T1"),
        # Tencent's, where only an account of Aliyun is in use.
        ("sms", "1234"),
        ("voice", "SMS_1"),
        ("wechat", "短"),
        ("wechat_medical", "T1"),
    ],
)
async def test_an_id_that_no_provider_in_use_has_is_refused(
    desk: Desk, path: str, filed: str
) -> None:
    body = {"body": "好", "provider_template": filed}
    path = f"/message-types/visit/templates/{path}"
    assert await refused(desk, path, body) == ["/provider_template"]
    answer = await desk.ask("POST", f"{path}/check", body)
    assert answer.status_code == 422


@pytest.mark.parametrize("filed", [None, "SMS_1", "SMS_1 1234"])
async def test_an_id_of_the_provider_in_use_is_taken(
    desk: Desk, filed: str | None
) -> None:
    await desk.done("PUT", SMS, {"body": "好", "provider_template": filed})


async def use_tencent(desk: Desk) -> None:
    keys = {"secret_id": "a", "secret_key": "b", "sdk_app_id": "1", "sign_name": "院"}
    await desk.done(
        "PUT",
        "/channels/sms/accounts/default",
        {"provider": "tencent", "values": keys},
    )


async def test_which_ids_fit_follows_the_accounts(desk: Desk) -> None:
    await use_tencent(desk)
    await desk.done("PUT", SMS, {"body": "好", "provider_template": "1234"})
    only = {"body": "好", "provider_template": "SMS_1"}
    assert await refused(desk, SMS, only) == ["/provider_template"]
    gap = {"body": "好{{a}}", "fields": {"1": "{{a}}", "3": "{{a}}"}}
    assert await refused(desk, SMS, gap) == ["/fields"]
    # Nobody can tell where a constant stands among named ones.
    fixed = {"body": "{{a}}", "fields": {"who": "{{a}}", "where": "门诊"}}
    assert await refused(desk, SMS, fixed) == ["/fields"]


async def test_a_field_wechat_does_not_know_is_refused(desk: Desk) -> None:
    path = "/message-types/visit/templates/wechat"
    assert await refused(desk, path, {"body": "好", "fields": {"姓名": "x"}}) == [
        "/fields"
    ]


async def ready(desk: Desk, **changes: Any) -> None:
    await desk.done("PATCH", "/message-types/visit", changes)
    template = {
        "body": "{{name}}在{{place}}",
        "provider_template": "SMS_1",
        "fields": {"who": "尊敬的{{name}}", "place": "{{place}}"},
    }
    await desk.done("PUT", SMS, template)
    policy = {
        "strategy": "first_success",
        "threshold": 0.5,
        "channels": [{"channel": "sms", "weight": 0.5}],
    }
    await desk.done("PUT", "/message-types/visit/policy", policy)


def asked(name: str = "王", place: str = "一楼") -> dict[str, Any]:
    return {
        "type": "visit",
        "recipient": {"identities": {"mobile": "13800138000"}},
        "params": {"name": name, "place": place},
    }


@pytest.mark.parametrize(
    ("request_body", "pointers"),
    [
        (asked(place="楼" * 35), []),
        (asked(place="楼" * 36), ["/params/place"]),
        # The field's own words take a part of the room.
        (asked(name="王" * 32), []),
        (asked(name="王" * 33), ["/params/name"]),
    ],
)
async def test_a_value_over_the_providers_limit_is_refused(
    rig: Rig, desk: Desk, request_body: Any, pointers: list[str]
) -> None:
    await ready(desk, priority="normal")
    headers = await rig.client("his")
    for path in ("/v1/messages", "/v1/messages/preview"):
        answer = await rig.http.post(path, json=request_body, headers=headers)
        if pointers:
            assert answer.status_code == 422
            assert [e["pointer"] for e in problem(answer, 422)["errors"]] == pointers
        else:
            assert answer.status_code in (200, 202), answer.text


async def test_a_batch_tells_whose_value_is_too_long(rig: Rig, desk: Desk) -> None:
    await ready(desk, priority="normal")
    headers = await rig.client("his")
    people = [asked(), asked(place="楼" * 36), asked(name="王" * 33)]
    body = {
        "type": "visit",
        "recipients": [
            {"identities": one["recipient"]["identities"], "params": one["params"]}
            for one in people
        ],
    }
    answer = await rig.http.post("/v1/batches", json=body, headers=headers)
    told = problem(answer, 422)["errors"]
    assert [one["pointer"] for one in told] == [
        "/recipients/1/params/place",
        "/recipients/2/params/name",
    ]


async def test_a_critical_message_goes_out_all_the_same(rig: Rig, desk: Desk) -> None:
    await ready(desk, priority=Priority.CRITICAL.value)
    headers = await rig.client("his")
    body = asked(place="楼" * 36)
    answer = await rig.http.post("/v1/messages", json=body, headers=headers)
    assert answer.status_code == 202


async def test_another_providers_limit_does_not_count(rig: Rig, desk: Desk) -> None:
    await ready(desk, priority="normal")
    await use_tencent(desk)
    headers = await rig.client("his")
    body = asked(place="楼" * 36)
    answer = await rig.http.post("/v1/messages", json=body, headers=headers)
    assert answer.status_code == 202


async def test_the_first_misconfigured_call_is_an_alarm(rig: Rig, desk: Desk) -> None:
    await ready(desk, priority="normal")
    rig.flows.served["his"] = 1
    headers = await rig.client("his")
    answer = await rig.http.post("/v1/messages", json=asked(), headers=headers)
    message_id = UUID(answer.json()["id"])
    await rig.record(message_id)
    async with rig.context.store.sessions.begin() as session:
        begun = await attempt_writes.begin_attempt(
            session,
            delivery_id=uuid4(),
            message_id=message_id,
            channel=Channel.SMS,
            provider="aliyun",
        )
        await attempt_writes.end_attempt(
            session, begun.id, "failed", reason=Reason.MISCONFIGURED
        )
    now = datetime.now(UTC)
    watch = Watch()
    for at, kinds in ((now, ["misconfigured"]), (now + timedelta(hours=1), [])):
        for later in (0, 40):
            seen = await figures(rig.context, ["his"])
            moment = at + timedelta(seconds=later)
            await watch.look(rig.context, seen, ["his"], moment)
        listed = (await desk.ask("GET", "/alarms", open="true")).json()["items"]
        assert [alarm["kind"] for alarm in listed] == kinds
