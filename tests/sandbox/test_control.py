"""The sandbox's own paths: listing, rules, tokens, and its start as a process."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from core.words import Channel
from sandbox.app import create_sandbox
from sandbox.kit.addresses import spelling
from sandbox.kit.book import Book, Entry
from sandbox.kit.context import Options
from sandbox.kit.memory import Memory
from sandbox.kit.outcomes import Outcome
from sandbox.kit.rules import Rule, Rules
from sandbox.server import running
from sandbox.weixin.tokens import ForcedTooOften, Tokens, TokenState
from tests.support.ports import free_port
from tests.support.waiting import until_so

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_sandbox()) as ports:
        yield ports.url


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=5) as client:
        client.delete("/_sandbox").raise_for_status()
        yield client


def entry(recipient: str, channel: Channel = Channel.WECHAT) -> Entry:
    return Entry(channel, "test", recipient, NOW, "1", Outcome.ACCEPT, {})


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ([{"outcome": "explode"}], "/0/outcome"),
        ([{"outcome": "drop"}, {"channel": "sms"}], "/1/outcome"),
        ([{"outcome": "drop", "phone": "1"}], "/0/phone"),
        ([{"outcome": "drop", "channel": "pigeon"}], "/0/channel"),
        ([{"outcome": "drop", "provider": "Nobody!"}], "/0/provider"),
        ([{"outcome": "drop", "times": 0}], "/0/times"),
        ([{"outcome": "drop", "times": "1"}], "/0/times"),
        ([{"outcome": "drop", "times": True}], "/0/times"),
        ([{"outcome": "drop", "delay_ms": -1}], "/0/delay_ms"),
        ([{"outcome": "drop", "recipient": ""}], "/0/recipient"),
        ({"rules": []}, ""),
    ],
)
def test_a_wrong_rule_is_refused_by_name(
    http: httpx.Client, rules: object, pointer: str
) -> None:
    kept = [{"outcome": "reject"}]
    assert http.put("/_sandbox/rules", json=kept).status_code == 200
    answer = http.put("/_sandbox/rules", json=rules)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    [rule] = http.get("/_sandbox/rules").json()["items"]
    assert rule == {"outcome": "reject", "matched": 0}


@pytest.mark.parametrize("body", [b"", b"[", b"\xff\xfe"])
def test_rules_that_are_not_json_are_400(http: httpx.Client, body: bytes) -> None:
    answer = http.put("/_sandbox/rules", content=body)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Bad Request"


def test_rules_are_taken_whatever_the_media_type(http: httpx.Client) -> None:
    body = b'[{"outcome":"drop","recipient":null}]'
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = http.put("/_sandbox/rules", content=body, headers=form)
    assert answer.json() == {"items": [{"outcome": "drop", "matched": 0}]}


def test_an_unknown_channel_or_path_is_a_problem(http: httpx.Client) -> None:
    wrong = http.get("/_sandbox/messages", params={"channel": "pigeon"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (
        422,
        "/query/channel",
    )
    missing = http.get("/cgi-bin/nothing")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    assert http.get("/").status_code == 405


def test_the_first_rule_that_matches_decides_until_it_is_used_up() -> None:
    rules = Rules()
    rules.replace(
        [
            Rule.model_validate(
                {"channel": "sms", "recipient": "13800138000"}
                | {"outcome": "drop", "times": 2}
            ),
            Rule(channel=Channel.SMS, outcome=Outcome.REJECT, times=1, delay_ms=50),
            Rule(recipient="13800138000", outcome=Outcome.GARBAGE),
        ]
    )
    sms = [rules.take(Channel.SMS, "aliyun", "13800138000").outcome for _ in range(5)]
    assert sms == ["drop", "drop", "reject", "garbage", "garbage"]
    assert (
        rules.take(Channel.VOICE, "aliyun", "+8613800138000").outcome is Outcome.GARBAGE
    )
    assert rules.take(Channel.SMS, "aliyun", "13800138001").outcome is Outcome.ACCEPT
    assert [rule["matched"] for rule in rules.listed()] == [2, 1, 3]
    rules.replace([Rule(outcome=Outcome.DROP, delay_ms=50)])
    assert rules.take(Channel.EMAIL, "smtp", "a@b.example").delay == 0.05


def test_a_rule_may_single_out_one_provider_of_a_channel() -> None:
    rules = Rules()
    rules.replace([Rule(provider="aliyun", outcome=Outcome.DROP)])
    told = [
        rules.take(Channel.SMS, provider, "13800138000").outcome
        for provider in ("aliyun", "tencent", "cmpp")
    ]
    assert told == [Outcome.DROP, Outcome.ACCEPT, Outcome.ACCEPT]


@pytest.mark.parametrize(
    ("channel", "one", "other", "same"),
    [
        (Channel.SMS, "+8613800138000", "13800138000", True),
        (Channel.VOICE, "008613800138000", "8613800138000", True),
        (Channel.SMS, "13800138000", "13800138001", False),
        (Channel.WECOM, "ZhangSan", "zhangsan", True),
        (Channel.EMAIL, "A@B.example", "a@b.example", True),
        (Channel.WECHAT, "oA", "oa", False),
    ],
)
def test_spellings_of_an_address(
    channel: Channel, one: str, other: str, same: bool
) -> None:
    assert (spelling(channel, one) == spelling(channel, other)) is same


def test_the_book_counts_duplicates_and_stays_bounded() -> None:
    clock = Clock()
    book = Book(3, clock)
    first = book.enter_once(entry("a"), "key", timedelta(minutes=10))
    again = book.enter_once(entry("a"), "key", timedelta(minutes=10))
    other = book.enter_once(entry("b"), "key", timedelta(minutes=10))
    assert again is first
    assert first.repeats == 1
    assert other is not first
    clock.now += timedelta(minutes=10)
    assert book.enter_once(entry("a"), "key", timedelta(minutes=10)) is not first
    for name in "cde":
        book.enter(entry(name))
    assert [e.recipient for e in book.entries()] == ["c", "d", "e"]
    book.empty()
    assert not list(book.entries())


def test_memory_forgets_by_time_and_by_room() -> None:
    clock = Clock()
    memory: Memory[int] = Memory(2, clock)
    for number in range(3):
        memory.keep(number, number, timedelta(seconds=1))
    assert [memory.recall(number) for number in range(3)] == [None, 1, 2]
    clock.now += timedelta(seconds=1)
    assert memory.recall(2) is None


def test_a_token_stays_the_same_until_near_its_end_and_then_overlaps() -> None:
    clock = Clock()
    tokens = Tokens(timedelta(seconds=7200), clock)
    first = tokens.fetch()
    clock.now += timedelta(seconds=6899)
    assert tokens.fetch() is first
    clock.now += timedelta(seconds=2)
    second = tokens.fetch()
    assert second is not first
    assert tokens.standing(first.value) is TokenState.VALID
    clock.now += timedelta(seconds=300)
    assert tokens.standing(first.value) is TokenState.EXPIRED
    assert tokens.standing(second.value) is TokenState.VALID
    assert tokens.standing("never issued") is TokenState.UNKNOWN


def test_a_forced_refresh_kills_the_old_token_but_not_twice_in_30_seconds() -> None:
    clock = Clock()
    tokens = Tokens(timedelta(seconds=7200), clock)
    first = tokens.fetch()
    second = tokens.force()
    assert tokens.standing(first.value) is TokenState.UNKNOWN
    assert tokens.force() is second
    for _ in range(19):
        clock.now += timedelta(seconds=30)
        tokens.force()
    clock.now += timedelta(seconds=30)
    with pytest.raises(ForcedTooOften):
        tokens.force()


def test_a_retired_token_has_a_successor_once() -> None:
    tokens = Tokens(timedelta(seconds=7200), Clock())
    first = tokens.fetch()
    tokens.retire(first.value)
    second = tokens.fetch()
    assert second is not first
    tokens.retire(first.value)
    assert tokens.fetch() is second


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_sandbox/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_it_runs_as_a_process_and_stops_gracefully() -> None:
    names = ("", "smtp-", "cmpp-", "smpp-")
    ports = {f"--{name}port": free_port() for name in names}
    port, smtp_port = ports["--port"], ports["--smtp-port"]
    command = [sys.executable, "-m", "sandbox"]
    process = subprocess.Popen(
        [*command, *(f"{name}={number}" for name, number in ports.items())],
        env={**os.environ, "PYTHONPATH": "."},
    )
    try:
        until_so(lambda: process.poll() or answers(f"http://127.0.0.1:{port}"))
        assert process.poll() is None
        with socket.create_connection(("127.0.0.1", smtp_port), 5) as line:
            assert line.recv(100).startswith(b"220 ")
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()


def test_a_mail_port_in_use_stops_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        app = create_sandbox(Options(smtp_port=taken.getsockname()[1]))
        with pytest.raises(RuntimeError, match="did not start"), running(app):
            pass
