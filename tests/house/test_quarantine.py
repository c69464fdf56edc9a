"""What is quarantined has a reason, is told by name, and is never counted."""

import ast
from pathlib import Path

import pytest

from tests.house.source_tree import TESTS, name, parse

PLUGIN = (
    "-p",
    "tests.support.quarantine",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:asyncio",
)
SUITE = """
import pytest

def test_steady():
    pass

@pytest.mark.quarantine({reason})
def test_moody():
    assert False
"""


def unexplained(tree: ast.Module) -> list[int]:
    """Return the lines of the marks that give no reason."""
    explained = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(map(_says_something, node.args))
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "quarantine"
        and ast.unparse(node.value) == "pytest.mark"
        and id(node) not in explained
    ]


def _says_something(argument: ast.expr) -> bool:
    match argument:
        case ast.Constant(str(text)):
            return bool(text.strip())
    return False


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_a_quarantine_has_its_reason(path: Path) -> None:
    assert not unexplained(parse(path))


def test_a_quarantine_without_a_reason_is_seen() -> None:
    for mark in ("", "()", "('')"):
        assert unexplained(ast.parse(f"pytestmark = pytest.mark.quarantine{mark}"))
    assert not unexplained(ast.parse("@pytest.mark.quarantine('why')\ndef f(): ..."))


def test_the_usual_run_leaves_it_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE.format(reason="'its provider is moody'"))
    run = pytester.runpytest_inprocess(*PLUGIN)
    run.assert_outcomes(passed=1, deselected=1)
    assert run.ret == pytest.ExitCode.OK


def test_a_run_of_its_own_tells_it_by_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE.format(reason="'its provider is moody'"))
    run = pytester.runpytest_inprocess(*PLUGIN, "--quarantine")
    run.assert_outcomes(failed=1, deselected=1)
    run.stdout.fnmatch_lines(["quarantined, failed: *::test_moody"])


def test_nothing_runs_where_a_reason_is_missing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE.format(reason=""))
    run = pytester.runpytest_inprocess(*PLUGIN)
    run.stderr.fnmatch_lines(["*say why this is quarantined: *::test_moody"])
    assert run.ret == pytest.ExitCode.USAGE_ERROR
