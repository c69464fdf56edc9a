"""A provider's answer, the class of error it is, and what the workflow does next.

Each row goes through the real activity and its store: the channel WeChat, of one
account or of two, answers with an error and then takes what comes; the texts and
WeCom take everything.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

import channels
from activities.delivery import DeliveryActivities
from centre.delivery.contracts import DeliveryResult, DeliveryTask
from channels.base import Acceptance, Sending
from channels.kit.codes import CodeTable
from channels.provider import Account
from channels.registry import PROVIDERS
from channels.router import Route, Router
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    NotTaken,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
    SafeToRepeat,
    StillInDoubt,
    Undeliverable,
)
from core.words import Channel, Outcome, Priority, Reason
from db.store import Store
from tests.support.channels.accounts import route as account_of
from tests.support.workflows.activities import booking_store
from tests.support.workflows.deliveries import LINKS, ScriptedSender
from tests.support.workflows.fakes import FakeActivities, message
from tests.support.workflows.rig import begin
from tests.support.workflows.scenes import SMS, WECHAT, WECOM, centre, outcomes

TAKEN, UNKNOWN, FAILED = Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.FAILED
A, B, TEXT = "wechat/a", "wechat/b", "sms/own"
NORMAL, CRITICAL = Priority.NORMAL, Priority.CRITICAL
SOON, LATE = timedelta(seconds=20), timedelta(minutes=2)


@dataclass(frozen=True)
class Next:
    """What follows an answer: the calls made, and how WeChat stands in the end.

    `times` is how often the first account answers so; `keyed`: it drops a second
    call itself; `pause`: at least so long passes.
    """

    answer: Callable[[], DeliveryError]
    calls: tuple[str, ...]
    outcome: Outcome
    reason: Reason | None = None
    times: int = 9
    two: bool = False
    keyed: bool = False
    priority: Priority = NORMAL
    pause: timedelta = timedelta()


def down() -> DeliveryError:
    return ProviderDown("down", code="500")


def unknown() -> DeliveryError:
    return OutcomeUnknown("no answer")


def limited(pause: timedelta) -> Callable[[], DeliveryError]:
    return lambda: RateLimited("slow down", retry_after=pause)


def wrong() -> DeliveryError:
    return Misconfigured("wrong", code="40001")


def nobody() -> DeliveryError:
    return RecipientRefused("no", code="43004")


def refused() -> DeliveryError:
    return ContentRefused("no", code="87014")


_LATER, _LIMIT = Reason.UNREACHABLE, Reason.RATE_LIMITED
_SET_UP, _PERSON = Reason.MISCONFIGURED, Reason.INVALID_RECIPIENT
_LOST = Reason.OUTCOME_UNKNOWN

NEXT: Mapping[str, Next] = {
    "down once: again": Next(down, (A, A), TAKEN, times=1),
    "down: three tries, the next channel": Next(down, (A, A, A, TEXT), FAILED, _LATER),
    "down, critical: five tries": Next(
        down, (A, A, A, A, A, TEXT), FAILED, _LATER, priority=CRITICAL
    ),
    "down: the other account": Next(down, (A, B), TAKEN, two=True),
    "limited: again after the pause": Next(
        limited(SOON), (A, A), TAKEN, times=1, pause=SOON
    ),
    "limited for long: the next channel": Next(
        limited(LATE), (A, TEXT), FAILED, _LIMIT
    ),
    "limited: the other account": Next(limited(LATE), (A, B), TAKEN, two=True),
    "misconfigured: the next channel": Next(wrong, (A, TEXT), FAILED, _SET_UP),
    "misconfigured: the other account": Next(wrong, (A, B), TAKEN, two=True),
    "the recipient: the next channel, by no other account": Next(
        nobody, (A, TEXT), FAILED, _PERSON, two=True
    ),
    "the content: the next channel, by no other account": Next(
        refused, (A, TEXT), FAILED, Reason.REJECTED, two=True
    ),
    "unknown: the next channel, by no other account": Next(
        unknown, (A, TEXT), UNKNOWN, _LOST, two=True
    ),
    "unknown, critical: repeated once": Next(
        unknown, (A, A), TAKEN, times=1, priority=CRITICAL
    ),
    "unknown twice, critical: the next channel": Next(
        unknown, (A, A, TEXT), UNKNOWN, _LOST, priority=CRITICAL
    ),
    "unknown where a second call is dropped: the same account": Next(
        unknown, (A, A), TAKEN, times=1, two=True, keyed=True
    ),
}


@dataclass
class Called:
    """The calls that were made, in order."""

    calls: list[str] = field(default_factory=list)

    def sender(
        self, channel: Channel, code: str, answers: list[DeliveryError], keyed: bool
    ) -> ScriptedSender:
        """Return a provider that gives these answers, then takes everything."""
        called = self.calls

        class Answering(ScriptedSender):
            async def send(self, sending: Sending) -> Acceptance:
                called.append(f"{channel}/{code}")
                if answers:
                    raise answers.pop(0)
                return Acceptance(provider=self.provider)

        Answering.channel = channel
        Answering.dedupe_window = timedelta(minutes=10) if keyed else None
        return Answering()


class RealDeliveries(FakeActivities):
    """Sends through the real activity; the rest is scripted."""

    def __init__(self, store: Store, router: Router) -> None:
        super().__init__()
        self._real = DeliveryActivities(store, router, LINKS)

    @activity.defn
    async def deliver(self, task: DeliveryTask) -> DeliveryResult:
        return await self._real.deliver(task)


def router(row: Next, called: Called) -> Router:
    """Return the accounts of a row, the first one chosen first."""

    def account(code: str, weight: int) -> Account:
        found = cast(Account, account_of(code, weight).account)
        return found.model_copy(update={"channel": WECHAT})

    answers = [row.answer() for _ in range(row.times)]
    first = called.sender(WECHAT, "a", answers, row.keyed)
    second = [Route(called.sender(WECHAT, "b", [], row.keyed), account("b", 0))]
    others = [
        Route(called.sender(channel, "own", [], False)) for channel in (SMS, WECOM)
    ]
    return Router(
        [Route(first, account("a", 1)), *(second if row.two else []), *others]
    )


@pytest.mark.parametrize("name", NEXT)
async def test_what_comes_next(
    time_skipping: WorkflowEnvironment, tmp_path: Path, name: str
) -> None:
    row, called = NEXT[name], Called()
    async with booking_store(tmp_path) as store:
        fakes = RealDeliveries(store, router(row, called))
        async with centre(time_skipping, fakes):
            began = await time_skipping.get_current_time()
            asked = message(priority=row.priority, now=began)
            sent = asked.model_copy(update={"params": {"name": "林小满"}})
            doc = await (await begin(time_skipping.client, sent)).result()
            took = await time_skipping.get_current_time() - began
    assert tuple(called.calls) == row.calls
    assert outcomes(doc)[WECHAT] == (row.outcome, row.reason)
    assert took >= row.pause


def tables() -> Iterator[tuple[str, CodeTable]]:
    """Yield every table of codes that a provider has, and where it stands."""
    for module in pkgutil.walk_packages(channels.__path__, "channels."):
        found = vars(importlib.import_module(module.name)).values()
        for value in found:
            several = value.values() if isinstance(value, Mapping) else [value]
            for table in several:
                if isinstance(table, CodeTable):
                    yield module.name, table


def test_every_code_of_every_provider_leads_to_a_row_of_the_table() -> None:
    covered = {type(row.answer()) for row in NEXT.values()}
    known = list(tables())
    assert {table.provider for _, table in known} > {p.name for p in PROVIDERS}
    for where, table in known:
        kinds = {*table.classes.values(), *table.prefixes.values(), table.unknown}
        assert kinds <= covered, where


def test_no_class_of_error_is_forgotten() -> None:
    covered = {type(row.answer()) for row in NEXT.values()}
    # Only a question is answered with NotTaken, Undeliverable is our own, and
    # the other two are what the activity makes of an unknown end.
    ours = {NotTaken, Undeliverable, SafeToRepeat, StillInDoubt}
    kinds: set[type[DeliveryError]] = set()
    more = [DeliveryError]
    while more:
        below = more.pop().__subclasses__()
        kinds.update(below)
        more.extend(below)
    assert kinds == covered | ours
