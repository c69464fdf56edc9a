"""Refusals of links, and that none repeats a value; the fingerprint of a body."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from centre.catalog.placeholders import required_params
from centre.messages.acceptance import MessageRequest, fingerprint
from core.errors import Invalid
from core.models import (
    Message,
    keyed_message_id,
)
from core.words import Channel, IdentityType
from tests.support.api.acceptance_requests import BODY, KIND, places, request, take


@pytest.mark.parametrize(
    "link",
    [
        "http://a.example/",
        "javascript:alert(1)",
        "//a.example",
        "https:/a.example",
        "https://",
        "https:///path",
        "https://a.example/\r\nX: y",
        "https://a b.example",
        "https://a.example\\@b.example",
        "https://bank.example@evil.example/",
        "https://[::1",
        "https://a.example:port/",
        "https://a.example/\u202egpj",
        " https://a.example",
        "",
    ],
)
def test_a_link_is_https(link: str) -> None:
    assert places(request(link=link)) == ["/link"]


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example",
        "HTTPS://a.example:8443/报告?x=1#y",
        "https://[2001:db8::1]/",
    ],
)
def test_links_that_pass(link: str) -> None:
    assert take(request(link=link)).link == link


def test_link_and_detail_exclude_each_other() -> None:
    detail = {"title": "报告", "items": [{"label": "白细胞", "value": "5.2"}]}
    assert take(request(detail=detail)).detail is not None
    both = request(link="https://a.example", detail=detail)
    assert places(both) == ["/detail"]


MARK = "MARKER李四"


def test_no_refusal_echoes_a_value() -> None:
    body = request(
        recipient={
            "identities": {"mobile": MARK, "email": MARK},
            "name": MARK + "\x00",
        },
        params={"name": MARK + "\x00", "exam": MARK * 200, "other": MARK},
        link=f"http://{MARK}",
        reference=MARK + "\x00",
    )
    with pytest.raises(Invalid) as caught:
        take(body)
    told = [
        str(caught.value),
        *(f"{w.pointer} {w.detail}" for w in caught.value.errors),
    ]
    assert len(told) > 7
    assert not [line for line in told if MARK in line]


def test_neither_a_repr_nor_a_schema_error_shows_a_person() -> None:
    body = request(
        recipient={"identities": {"empi_id": "MARKER"}, "name": MARK},
        params=dict.fromkeys(BODY["params"], MARK),
        detail={"title": "x", "items": [{"label": "x", "value": MARK}]},
    )
    message = take(body)
    assert "MARKER" not in f"{body!r} {message!r}"
    with pytest.raises(ValidationError) as caught:
        request(recipient={"identities": {"qq": MARK}, "name": [MARK]}, send_at=MARK)
    assert MARK not in str(caught.value)
    with pytest.raises(ValidationError) as caught:
        Message.model_validate(message.model_dump() | {"params": MARK})
    assert MARK not in str(caught.value)


values = st.text(max_size=8)


@given(
    st.dictionaries(st.sampled_from(["name", "exam", "place", "other"]), values),
    st.none() | st.lists(st.sampled_from(Channel), min_size=1, max_size=4),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.text(st.characters(), max_size=12),
    st.dictionaries(st.sampled_from(IdentityType), values, min_size=1, max_size=3),
)
def test_any_request_is_taken_or_refused_with_its_places(
    params: dict[str, str],
    channels: list[Channel] | None,
    send_at: datetime | None,
    link: str | None,
    identities: dict[IdentityType, str],
) -> None:
    try:
        body = request(
            params=params,
            channels=channels,
            send_at=send_at,
            link=link,
            recipient={"identities": identities},
        )
    except ValidationError:
        return
    refusal: Invalid | None = None
    try:
        message = take(body)
    except Invalid as error:
        refusal = error
    if refusal is not None:
        assert refusal.errors
        return
    assert message.params.keys() == required_params(KIND)
    assert message.plan.channels
    assert message.model_dump_json()


bodies = st.builds(
    lambda name, reference, channels: (
        BODY
        | {
            "params": BODY["params"] | {"name": name},
            "reference": reference,
            "channels": channels,
        }
    ),
    st.text(max_size=3),
    st.none() | st.sampled_from(["a", "b"]),
    st.none() | st.permutations(["sms", "wechat"]),
)


@given(bodies, bodies)
def test_fingerprints_are_equal_exactly_for_equal_bodies(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    same = fingerprint(request(**one)) == fingerprint(request(**other))
    assert same == (one == other)


def test_a_fingerprint_knows_no_order_of_keys_and_no_spelled_out_null() -> None:
    turned = dict(reversed(list(BODY.items())))
    turned["params"] = dict(reversed(list(BODY["params"].items())))
    first = fingerprint(MessageRequest.model_validate(BODY))
    assert fingerprint(MessageRequest.model_validate(turned)) == first
    assert fingerprint(request(reference=None, send_at=None)) == first


@pytest.mark.parametrize(
    "change",
    [
        {"type": "lab-report"},
        {"recipient": {"identities": {"mobile": "13812345679"}, "name": "张三"}},
        {"recipient": {"identities": {"mobile": "138 1234 5678"}}},
        {"params": {"name": "张三"}},
        {"link": "https://a.example"},
        {"detail": {"title": "x", "items": []}},
        {"channels": ["sms"]},
        {"send_at": "2026-03-02T08:00:00Z"},
        {"expires_at": "2026-03-02T08:00:00Z"},
        {"reference": "R"},
    ],
)
def test_a_fingerprint_tells_every_field(change: dict[str, Any]) -> None:
    assert fingerprint(request(**change)) != fingerprint(request())


def test_a_key_gives_one_id_per_client() -> None:
    first = keyed_message_id("his", "k")
    assert first == keyed_message_id("his", "k")
    assert first.version == 5
    assert len({first, keyed_message_id("lis", "k"), keyed_message_id("his", "K")}) == 3
