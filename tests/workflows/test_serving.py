"""How a process shares itself among the queues it serves."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from structlog.typing import EventDict

from serving import AMPLE_QUOTA, Part, quota_for
from worker import Share, part, tell_absent

codes = st.from_regex(r"[a-z0-9][a-z0-9\-]{0,30}", fullmatch=True)


def test_few_queues_have_all_the_room() -> None:
    assert quota_for(0) == quota_for(12) == AMPLE_QUOTA


@given(st.integers(1, 5000))
def test_many_queues_share_what_a_process_has(queues: int) -> None:
    room, more = quota_for(queues), quota_for(queues + 1)
    assert room.workflow_polls >= 2
    assert room.activity_polls >= 1
    assert room.cached >= 20
    assert more.workflow_polls <= room.workflow_polls
    assert more.cached <= room.cached
    if queues >= 200:
        assert (room.workflow_polls, room.activity_polls) == (2, 1)


@given(codes, st.integers(1, 9))
def test_each_client_is_in_one_part(code: str, parts: int) -> None:
    having = [n for n in range(1, parts + 1) if Part(n, parts).has(code)]
    assert len(having) == 1


def test_a_thousand_clients_are_shared_evenly() -> None:
    known = [f"client-{number}" for number in range(1000)]
    for number in (1, 2, 3):
        share = Share(part=Part(number, 3))
        assert 280 < sum(map(share.has, known)) < 390


def test_named_clients_of_a_part_are_served() -> None:
    share = Share(frozenset({"his", "lis"}), Part(1, 2))
    other = Share(frozenset({"his", "lis"}), Part(2, 2))
    assert not share.has("pacs")
    assert share.has("his") != other.has("his")


def told(events: list[EventDict]) -> list[list[str]]:
    return [event["clients"] for event in events if event["log_level"] == "warning"]


def test_a_named_client_that_there_is_not_is_told_once_and_when_that_changes() -> None:
    share = Share(frozenset({"his", "nosuch", "later"}))
    with capture_logs() as events:
        before = tell_absent(share, ["his", "lis"], frozenset())
        before = tell_absent(share, ["his", "lis"], before)
        before = tell_absent(share, ["his", "later"], before)
        tell_absent(share, ["his", "later", "nosuch"], before)
    assert told(events) == [["later", "nosuch"], ["nosuch"]]


def test_who_names_no_clients_is_told_of_none() -> None:
    with capture_logs() as events:
        assert tell_absent(Share(), ["his"], frozenset()) == frozenset()
    assert told(events) == []


def test_a_part_is_read() -> None:
    assert part("2/3") == Part(2, 3)


@pytest.mark.parametrize("text", ["", "3/2", "0/3", "1/0", "1", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        part(text)
