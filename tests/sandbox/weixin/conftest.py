"""A double of WeChat and WeCom whose clock a test moves."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sandbox.kit.context import Options
from tests.support.sandbox.clock import Clock
from tests.support.sandbox.rig import Rig, rig


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def shared(clock: Clock) -> Iterator[Rig]:
    with rig(Options(clock=clock)) as running:
        yield running


@pytest.fixture
def sandbox(shared: Rig, clock: Clock) -> Rig:
    shared.reset()
    # Past every token's end and every forced refresh of the test before.
    clock.now += timedelta(days=2)
    return shared
