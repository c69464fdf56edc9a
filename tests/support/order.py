"""The order of the files of a run: those with a whole centre among those without.

Test processes take the next file when they have done one. By the number of its tests,
xdist's own order, the long files of a few tests would come last and all at once.
"""

from itertools import groupby

import pytest

# Of the quick files so many lie between the slow ones; the rest follows them, so that
# no process is left with a long file at the end.
_BETWEEN = 0.75


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files = [list(found) for _, found in groupby(items, key=lambda item: item.path)]
    slow = [each for each in files if each[0].get_closest_marker("e2e")]
    quick = [each for each in files if not each[0].get_closest_marker("e2e")]
    step = max(1, int(_BETWEEN * len(quick) / max(1, len(slow))))
    ordered = []
    for at, each in enumerate(slow):
        ordered += [each, *quick[at * step : (at + 1) * step]]
    ordered += quick[len(slow) * step :]
    items[:] = [item for each in ordered for item in each]
