"""Tests that can't be made steady: run apart, told by name, never counted.

`@pytest.mark.quarantine("why")` leaves a test out of every run but `--quarantine`,
which runs nothing else. scripts/test makes that run last, and its outcome changes
nothing of what the run before it came to.
"""

from collections.abc import Iterable

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quarantine", action="store_true", help="run what is quarantined, alone"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "quarantine(reason): run apart, never counted")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    apart = {item for item in items if reason(item) is not None}
    wanted = apart if config.getoption("--quarantine") else {*items} - apart
    left_out = [item for item in items if item not in wanted]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item in wanted]


def reason(item: pytest.Item) -> str | None:
    """Return why a test is quarantined; UsageError where nobody says."""
    mark = item.get_closest_marker("quarantine")
    if mark is None:
        return None
    given = next(iter([*mark.args, *mark.kwargs.values()]), "")
    if not isinstance(given, str) or not given.strip():
        raise pytest.UsageError(f"say why this is quarantined: {item.nodeid}")
    return given


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not config.getoption("--quarantine"):
        return
    for outcome in ("passed", "failed", "error"):
        reports: Iterable[pytest.TestReport] = terminalreporter.getreports(outcome)
        for report in reports:
            if outcome == "error" or report.when == "call":
                terminalreporter.line(f"quarantined, {outcome}: {report.nodeid}")
