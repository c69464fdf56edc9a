"""An API of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api.rig import Rig, running_api


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A running API with an empty store."""
    async with running_api(tmp_path / "var") as running:
        yield running
