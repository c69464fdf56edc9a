"""Every word of the core has a text; a history line stays in its box."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.orders.bulk_resend import BulkProgress
from channels.registry import PROVIDERS
from console.kit.texts import all_texts, knows
from console.messages.bulk import Job
from console.operations.queues import points
from core.words import Outcome, Priority, Reason, Status, Strategy

WORDS = [
    *(f"status.{s}" for s in Status),
    *(f"outcome.{o}" for o in Outcome),
    *(f"reason.{r}" for r in Reason),
    *(f"priority.{p}" for p in Priority),
    *(f"strategy.{s}" for s in Strategy),
    *(f"attempt.{a}" for a in ("sending", "accepted", "failed", "unknown")),
]


@pytest.mark.parametrize("key", WORDS)
def test_a_word_has_a_text(key: str) -> None:
    assert knows(key)


def test_codes_belong_to_providers() -> None:
    codes = [key.split(".") for key in all_texts() if key.startswith("code.")]
    assert len(codes) > 60
    known = {provider.name for provider in PROVIDERS}
    assert {parts[1] for parts in codes} <= {*known, "any"}


@given(st.lists(st.integers(min_value=0, max_value=10**9), max_size=500))
def test_a_history_line_stays_in_its_box(values: list[int]) -> None:
    places = [pair.split(",") for pair in points(values).split()]
    assert len(places) == min(len(values), 60)
    for x, y in places:
        assert 0 <= float(x) <= 100
        assert 0 <= float(y) <= 24


@given(st.integers(min_value=0, max_value=399))
def test_a_peak_is_drawn(index: int) -> None:
    values = [0] * 400
    values[index] = 7
    heights = [float(pair.split(",")[1]) for pair in points(values).split()]
    assert min(heights) == 1.0
    assert max(heights) == 23.0


async def test_a_job_is_over_when_its_task_is() -> None:
    job = Job(count=3, progress=BulkProgress(more=True))
    assert job.over
    job.task = asyncio.create_task(asyncio.sleep(0))
    assert not job.over
    await job.task
    assert job.over
