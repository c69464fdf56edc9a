"""What stands here kills parts of a running centre."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("kill")
