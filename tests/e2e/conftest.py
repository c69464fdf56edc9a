"""What stands here is tried on a whole running centre."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("e2e")
