"""What providers do wrong, on a running centre: each fault has its one answer.

All messages are sent at once when the first test asks for one, since some
faults take 20 s to come to an end.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import (
    Document,
    Person,
    System,
    delivery,
    joined,
    outcomes,
    signed_in,
    somebody,
)
from tests.support.centre.types import ANY, define, message

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND, CRITICAL_KIND = "faults-any", "faults-critical"
# A provider's time-out is 8 s; then a message waits, asks, and repeats.
PATIENCE = 45.0
SATISFIED = ("skipped", "policy_satisfied")
TAKEN = ("accepted", None)


@dataclass(frozen=True)
class Sent:
    """A message under way, and to whom."""

    id: str
    person: Person


@dataclass(frozen=True)
class Hospital:
    """The system that sent the messages, and the providers' side of them."""

    system: System
    providers: Providers
    sent: Mapping[str, Sent]

    async def ended(self, fault: str) -> tuple[Document, dict[str, list[Document]]]:
        """Return how a fault's message ended, and what the providers took."""
        sent = self.sent[fault]
        doc = await self.system.ended(sent.id, within=PATIENCE)
        return doc, await self.providers.taken_for(sent.person)


# What goes wrong, on which channels the message may go, of which type.
FAULTS: Mapping[str, tuple[list[Document], list[str], str]] = {
    "bad number": (
        [
            {"channel": "wechat", "outcome": "unsubscribed"},
            {"channel": "sms", "outcome": "invalid_recipient"},
        ],
        ["wechat", "sms", "wecom"],
        KIND,
    ),
    "refused words": (
        [{"channel": "wechat", "outcome": "reject"}],
        ["wechat", "sms"],
        KIND,
    ),
    **{
        f"{channel} {outcome}": (
            [{"channel": channel, "outcome": outcome, "times": 1}],
            [channel],
            KIND,
        )
        for outcome in ("server_error", "timeout", "drop", "garbage")
        for channel in ("wechat", "sms", "wecom", "workstation")
    },
    "sms server_error twice": (
        [{"channel": "sms", "outcome": "server_error", "times": 2}],
        ["sms"],
        KIND,
    ),
    "email server_error": (
        [{"channel": "email", "outcome": "server_error", "times": 1}],
        ["email"],
        KIND,
    ),
    "email unsubscribed": (
        [{"channel": "email", "outcome": "unsubscribed"}],
        ["email", "workstation"],
        KIND,
    ),
    "email timeout": (
        [{"channel": "email", "outcome": "timeout", "times": 1}],
        ["email", "inbox"],
        KIND,
    ),
    "critical email timeout": (
        [{"channel": "email", "outcome": "timeout", "times": 1}],
        ["email"],
        CRITICAL_KIND,
    ),
    "wechat rate_limit": (
        [{"channel": "wechat", "outcome": "rate_limit"}],
        ["wechat", "sms"],
        KIND,
    ),
    "sms rate_limit": (
        [{"channel": "sms", "outcome": "rate_limit", "times": 1}],
        ["sms"],
        KIND,
    ),
    "workstation rate_limit": (
        [{"channel": "workstation", "outcome": "rate_limit", "times": 1}],
        ["workstation"],
        KIND,
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hospital(centre: Centre) -> AsyncIterator[Hospital]:
    async with signed_in(centre) as admin:
        await define(admin, KIND, ANY, strategy="first_success")
        await define(admin, CRITICAL_KIND, ANY, priority="critical")
    async with (
        joined(centre, "faults-his") as system,
        providers_of(centre) as providers,
    ):
        people = {fault: somebody() for fault in FAULTS}
        await providers.obey(
            *(
                rule(people[fault], **one)
                for fault, (rules, _, _) in FAULTS.items()
                for one in rules
            )
        )
        ids = await asyncio.gather(
            *(
                system.send(message(kind, people[fault], *channels))
                for fault, (_, channels, kind) in FAULTS.items()
            )
        )
        sent = dict(zip(people, map(Sent, ids, people.values()), strict=True))
        yield Hospital(system, providers, sent)


async def test_a_bad_number_goes_on_without_a_retry(hospital: Hospital) -> None:
    doc, taken = await hospital.ended("bad number")
    assert doc["status"] == "delivered"
    assert outcomes(doc) == {
        "wechat": ("failed", "invalid_recipient"),
        "sms": ("failed", "invalid_recipient"),
        "wecom": TAKEN,
    }
    assert [d["attempts"] for d in doc["deliveries"]] == [1, 1, 1]
    assert list(taken) == ["wecom"]


async def test_refused_words_go_on_without_a_retry(hospital: Hospital) -> None:
    doc, taken = await hospital.ended("refused words")
    assert outcomes(doc) == {"wechat": ("failed", "rejected"), "sms": TAKEN}
    assert [d["attempts"] for d in doc["deliveries"]] == [1, 1]
    assert list(taken) == ["sms"]


async def succeeded(hospital: Hospital, fault: str, channel: str) -> tuple[int, int]:
    """Return the attempts and the repeats of a message that came through once."""
    doc, taken = await hospital.ended(fault)
    assert doc["status"] == "delivered"
    assert delivery(doc, channel)["outcome"] in ("accepted", "delivered")
    assert list(taken) == [channel]
    [item] = taken[channel]
    return delivery(doc, channel)["attempts"], item["repeats"]


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        ("wechat server_error", 2),
        ("sms server_error", 2),
        ("wecom server_error", 2),
        ("workstation server_error", 2),
        ("email server_error", 2),
        ("sms server_error twice", 3),
    ],
)
async def test_a_provider_in_trouble_is_tried_again(
    hospital: Hospital, fault: str, attempts: int
) -> None:
    channel = fault.split()[0]
    assert await succeeded(hospital, fault, channel) == (attempts, 0)


@pytest.mark.parametrize("channel", ["wechat", "wecom", "workstation"])
async def test_a_lost_answer_is_repeated_where_the_provider_drops_the_repeat(
    hospital: Hospital, channel: str
) -> None:
    assert await succeeded(hospital, f"{channel} timeout", channel) == (2, 1)


async def test_a_lost_answer_is_asked_after_where_a_repeat_would_be_sent_twice(
    hospital: Hospital,
) -> None:
    assert await succeeded(hospital, "sms timeout", "sms") == (1, 0)


@pytest.mark.parametrize("outcome", ["drop", "garbage"])
@pytest.mark.parametrize("channel", ["wechat", "sms", "wecom", "workstation"])
async def test_what_was_not_taken_is_sent_again_once(
    hospital: Hospital, channel: str, outcome: str
) -> None:
    fault = f"{channel} {outcome}"
    assert await succeeded(hospital, fault, channel) == (2, 0)


async def test_mail_nobody_can_ask_after_is_passed_over(hospital: Hospital) -> None:
    doc, taken = await hospital.ended("email timeout")
    assert doc["status"] == "delivered"
    assert outcomes(doc) == {
        "email": ("unknown", "outcome_unknown"),
        "inbox": ("delivered", None),
    }
    assert len(taken["email"]) == delivery(doc, "email")["attempts"] == 1


async def test_critical_mail_of_unknown_end_is_sent_again_and_that_is_recorded(
    hospital: Hospital,
) -> None:
    doc, taken = await hospital.ended("critical email timeout")
    assert (doc["status"], outcomes(doc)) == ("delivered", {"email": TAKEN})
    assert len(taken["email"]) == delivery(doc, "email")["attempts"] == 2


async def test_a_mailbox_that_refuses_us_goes_on(hospital: Hospital) -> None:
    doc, taken = await hospital.ended("email unsubscribed")
    assert outcomes(doc) == {
        "email": ("failed", "invalid_recipient"),
        "workstation": TAKEN,
    }
    assert delivery(doc, "email")["attempts"] == 1
    assert list(taken) == ["workstation"]


async def test_a_long_pause_is_not_waited_for(hospital: Hospital) -> None:
    doc, taken = await hospital.ended("wechat rate_limit")
    assert outcomes(doc) == {"wechat": ("failed", "rate_limited"), "sms": TAKEN}
    assert delivery(doc, "wechat")["attempts"] == 1
    assert list(taken) == ["sms"]


@pytest.mark.parametrize("channel", ["sms", "workstation"])
async def test_a_short_pause_is(hospital: Hospital, channel: str) -> None:
    assert await succeeded(hospital, f"{channel} rate_limit", channel) == (2, 0)


@pytest.mark.parametrize("channel", ["wechat", "wecom"])
async def test_six_sends_with_an_expired_token_fetch_one_new_one(
    hospital: Hospital, channel: str
) -> None:
    people = [somebody() for _ in range(6)]
    system, providers = hospital.system, hospital.providers
    # So slow that all are at the provider before the first is refused; six, since
    # WeCom gets no more than eight calls at once.
    once = {"times": 1, "delay_ms": 1500}
    await providers.obey(*(rule(p, channel, "expired_token", **once) for p in people))
    before = (await providers.tokens())[channel]
    ids = [await system.send(message(KIND, p, channel)) for p in people]
    for message_id, person in zip(ids, people, strict=True):
        doc = await system.ended(message_id)
        assert (doc["status"], outcomes(doc)) == ("delivered", {channel: TAKEN})
        assert doc["deliveries"][0]["attempts"] == 1
        assert len(await providers.taken(channel, person.at(channel))) == 1
    assert (await providers.tokens())[channel] == before + 1
