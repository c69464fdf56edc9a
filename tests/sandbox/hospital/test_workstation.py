"""The workstations' double: signature, age, fields, an id it has seen."""

from collections.abc import Iterator

import pytest

from sandbox.kit.context import Options
from tests.support.sandbox.rig import SECRET, Rig, rig, workstation


@pytest.fixture(scope="module")
def shared() -> Iterator[Rig]:
    with rig(Options()) as running:
        yield running


@pytest.fixture
def sandbox(shared: Rig) -> Rig:
    shared.reset()
    return shared


def test_a_signed_pop_up_is_taken(sandbox: Rig) -> None:
    answer = workstation(sandbox, "WS-0701", id="d-1")
    assert (answer.status_code, answer.json()["status"]) == (200, "received")
    [item] = sandbox.messages(channel="workstation")
    assert (item["recipient"], item["provider_message_id"]) == ("WS-0701", "d-1")
    request = item["request"]
    assert isinstance(request, dict)
    assert request["body"]["body"] == "血钾 7.1 mmol/L"


def test_an_id_it_has_seen_is_409_and_listed_once(sandbox: Rig) -> None:
    answers = [workstation(sandbox, "WS-1", id="d-2").status_code for _ in range(3)]
    assert answers == [200, 409, 409]
    assert [m["repeats"] for m in sandbox.messages()] == [2]


@pytest.mark.parametrize(
    ("secret", "age", "status"),
    [
        ("wrong", 0, 401),
        (SECRET, 301, 401),
        (SECRET, -302, 401),
        (SECRET, 295, 200),
    ],
)
def test_the_signature_must_be_right_and_fresh(
    sandbox: Rig, secret: str, age: int, status: int
) -> None:
    answer = workstation(sandbox, "WS-1", secret=secret, age=age)
    assert answer.status_code == status


def test_headers_missing_or_foreign_are_401(sandbox: Rig) -> None:
    path = "/workstation/messages"
    assert sandbox.http.post(path, content=b"{}").status_code == 401
    headers = {
        b"x-mc-id": b"1",
        b"x-mc-timestamp": b"1",
        b"x-mc-signature": b"v1=\xff",
    }
    answer = sandbox.http.post(path, content=b"{}", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "ack"},
        {"id": "another"},
        {"recipient": "WS-1"},
        {"recipient": {"type": "workstation_id", "value": ""}},
        {"level": "loud"},
        {"title": ""},
        {"body": None},
        {"need_ack": "yes"},
    ],
)
def test_every_field_is_checked(sandbox: Rig, changes: dict[str, object]) -> None:
    assert workstation(sandbox, "WS-1", fields=changes).status_code == 400
    assert sandbox.messages() == []


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_a_signed_body_must_be_a_json_object(sandbox: Rig, body: bytes) -> None:
    assert workstation(sandbox, "WS-1", raw=body).status_code == 400
