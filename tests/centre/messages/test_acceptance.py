"""Whether a request becomes a message: every refusal names its place, and no value."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from centre.catalog.placeholders import required_params
from centre.messages.acceptance import Sender, fingerprint
from core.errors import Forbidden
from core.policies import Policy
from core.words import Channel, IdentityType, Priority
from tests.support.api.acceptance_requests import (
    BODY,
    ID,
    KIND,
    NOW,
    places,
    request,
    take,
)


def test_a_good_request_becomes_a_message() -> None:
    soon = NOW + timedelta(hours=1)
    body = request(
        reference="R-1",
        link="https://his.example/1",
        send_at=soon,
        expires_at=soon + timedelta(hours=1),
    )
    message = take(body, Sender("his", notify=True))
    assert message.recipient.identities == {IdentityType.MOBILE: "+8613812345678"}
    assert message.recipient.name == "张三"
    assert message.plan.stages == ((Channel.WECHAT,), (Channel.SMS,))
    assert message.templates[Channel.WECHAT] == 3
    assert message.templates[Channel.SMS] == 2
    assert message.policy_version == 4
    assert message.confirm == KIND.policy.confirm
    assert (message.id, message.client, message.type) == (ID, "his", "exam-booking")
    assert (message.priority, message.reference) == (Priority.HIGH, "R-1")
    assert (message.link, message.detail) == ("https://his.example/1", None)
    assert message.params == BODY["params"]
    assert (message.send_at, message.created_at) == (soon, NOW)
    assert message.fingerprint == fingerprint(body)
    assert message.resend_window == timedelta(hours=1)
    assert message.notify_client
    assert message.run == 1


def test_an_unknown_type_is_refused() -> None:
    assert places(request(), message_type=None) == ["/type"]


def test_a_disabled_type_and_one_without_channels_are_refused() -> None:
    assert places(request(), KIND.model_copy(update={"enabled": False})) == ["/type"]
    bare = KIND.model_copy(update={"policy": Policy()})
    assert places(request(), bare) == ["/type"]


def test_a_type_that_is_not_the_clients_is_forbidden() -> None:
    for message_type in (KIND, KIND.model_copy(update={"enabled": False})):
        with pytest.raises(Forbidden) as caught:
            take(request(), Sender("his", frozenset({"lab-report"})), message_type)
        assert caught.value.status == 403
    take(request(), Sender("his", frozenset({"exam-booking"})))


def test_params_missing_empty_extra_and_endless_are_named() -> None:
    assert places(request(params={})) == [
        "/params/exam",
        "/params/name",
        "/params/place",
    ]
    good = BODY["params"]
    for nothing in (" \u3000", "\u200b", "\ufeff \u200d"):
        assert places(request(params=good | {"exam": nothing})) == ["/params/exam"]
    assert places(request(params=good | {"a/b~c": "1"})) == ["/params/a~1b~0c"]
    assert places(request(params=good | {"unused": "1"})) == ["/params/unused"]
    assert places(request(params=good | {"exam": "x" * 1001})) == ["/params/exam"]
    assert take(request(params=good | {"exam": "x" * 1000}))


def test_required_params_come_from_titles_bodies_and_fields() -> None:
    assert required_params(KIND) == {"name", "exam", "place"}


def test_channels_narrow_the_plan() -> None:
    message = take(request(channels=["sms"]))
    assert message.plan.stages == ((Channel.SMS,),)


def test_channels_that_the_policy_lacks_or_that_come_twice_are_named() -> None:
    assert places(request(channels=["sms", "email"])) == ["/channels/1"]
    assert places(request(channels=["sms", "wechat", "sms"])) == ["/channels/2"]


def test_identities_are_each_checked() -> None:
    who = {"identities": {"mobile": "025-52271000", "id_card": "1", "empi_id": "E1"}}
    assert places(request(recipient=who)) == [
        "/recipient/identities/mobile",
        "/recipient/identities/id_card",
    ]


@pytest.mark.parametrize(
    ("field", "minutes"), [("send_at", -1), ("send_at", 0), ("expires_at", -1)]
)
def test_times_lie_ahead(field: str, minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    assert places(request(**{field: at})) == [f"/{field}"]


def test_a_message_does_not_expire_before_it_is_sent() -> None:
    soon = NOW + timedelta(hours=1)
    for expires in (soon, soon - timedelta(minutes=1)):
        body = request(send_at=soon, expires_at=expires)
        assert places(body) == ["/expires_at"]


def test_times_are_compared_as_instants_and_kept_in_utc() -> None:
    china = timezone(timedelta(hours=8))
    due = datetime(2026, 3, 1, 16, 30, tzinfo=china)
    message = take(request(send_at=due.isoformat()))
    assert message.send_at is not None
    assert message.send_at.tzinfo is UTC
    assert message.send_at == due
    past = datetime(2026, 3, 1, 15, 30, tzinfo=china)
    assert places(request(send_at=past.isoformat())) == ["/send_at"]


@pytest.mark.parametrize(
    "at",
    ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2037-01-01T00:00Z"],
)
def test_times_at_the_ends_of_the_calendar_are_refused(at: str) -> None:
    assert places(request(send_at=at)) == ["/send_at"]


@pytest.mark.parametrize(
    "at",
    ["2026-03-02T08:00:00", "tomorrow", True, "9" * 400, 1893456000, "1893456000.5"],
)
def test_a_time_has_an_offset(at: object) -> None:
    with pytest.raises(ValidationError):
        request(send_at=at)


@pytest.mark.parametrize("bad", ["\x00", "\x1b[31m", "\x85"])
def test_control_characters_are_refused_where_they_stand(bad: str) -> None:
    body = request(
        recipient=BODY["recipient"] | {"name": bad},
        reference=f"R{bad}",
        params=BODY["params"] | {"exam": f"C{bad}T"},
        detail={"title": bad, "items": [{"label": f"x{bad}", "value": bad}]},
    )
    assert places(body) == [
        "/recipient/name",
        "/reference",
        "/params/exam",
        "/detail/title",
        "/detail/items/0/label",
        "/detail/items/0/value",
    ]
    assert len(fingerprint(body)) == 64


def test_half_characters_are_refused_where_pydantic_lets_them_by() -> None:
    body = request(params=BODY["params"] | {"exam": "C\ud800T"})
    assert places(body) == ["/params/exam"]
    assert len(fingerprint(body)) == 64


def test_lines_and_tabs_are_text() -> None:
    params = BODY["params"] | {"exam": "1.\tCT\r\n2. MR"}
    assert take(request(params=params)).params == params


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "delivered"},
        {"recipient": {"identities": {}}},
        {"recipient": {"identities": {"qq": "1"}}},
        {"recipient": {"identities": {"empi_id": "E1"}, "client": "lis"}},
        {"params": {"x": 1}},
        {"params": {"": "1"}},
        {"params": {f"p{n}": "1" for n in range(65)}},
        {"channels": []},
        {"channels": ["fax"]},
        {"reference": ""},
        {"reference": "r" * 65},
        {"type": "Exam Booking"},
        {"type": "../x"},
        {"link": "https://a.example/" + "x" * 2048},
        {"detail": {"title": "x", "items": [{"label": "x", "value": "1"}] * 51}},
    ],
)
def test_bodies_of_another_shape_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(**changes)


def test_every_wrong_place_is_named_at_once() -> None:
    body = request(
        recipient={"identities": {"mobile": "1"}},
        channels=["email"],
        params={},
        link="x",
        send_at=NOW,
    )
    assert {p.split("/")[1] for p in places(body)} == {
        "recipient",
        "channels",
        "params",
        "link",
        "send_at",
    }
