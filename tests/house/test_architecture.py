"""The README's picture as a test: who may import whom, and the house rules."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source_tree import (
    EVERYTHING,
    MAY_IMPORT,
    PACKAGED,
    ROOT,
    STARTERS,
    TESTS,
    name,
    parse,
    sources,
)

# These put things together; nobody imports them.
TOGETHER = {"worker", "serving", "cli", "web", "tests", "benchmarks"}
OURS = MAY_IMPORT.keys() | TOGETHER
MAX_FILE, MAX_FUNCTION = 300, 40
# What a workflow may import from others: it decides, and does nothing else.
WORKFLOW_LIBRARIES = {"temporalio", "pydantic", *sys.stdlib_module_names}
# Calls that open or read something: only a function may make them.
MAKERS = {
    "Settings",
    "create_engine",
    "create_async_engine",
    "sessionmaker",
    "async_sessionmaker",
    "open_store",
    "open_sender",
    "load_keyring",
    "create_app",
    "create_sandbox",
    "connect",
    "AsyncClient",
    "configure_logging",
}


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the top-level package of an import."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]


def all_imported(tree: ast.AST) -> set[str]:
    """Return every package a module imports, nested and type-only ones too."""
    return {package for node in ast.walk(tree) for package in imported(node)}


def strangers(package: str, tree: ast.Module) -> set[str]:
    """Return the packages of ours that this one must not import."""
    allowed = MAY_IMPORT[package] | {package}
    return (all_imported(tree) & OURS) - allowed


@pytest.mark.parametrize("path", PACKAGED, ids=name)
def test_imports_point_down(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert not strangers(package, parse(path)), f"{package} must not import these"


def test_the_arrows_make_no_circle() -> None:
    order: list[str] = []
    while len(order) < len(MAY_IMPORT):
        free = [p for p in MAY_IMPORT if p not in order and MAY_IMPORT[p] <= {*order}]
        assert free, "a circle"
        order += free


def test_a_forbidden_import_is_seen_wherever_it_hides() -> None:
    hidden = "def f():\n    if TYPE_CHECKING:\n        from {0}.x import y\n"
    assert strangers("workflows", ast.parse(hidden.format("db"))) == {"db"}
    assert strangers("core", ast.parse("import os, channels.sms")) == {"channels"}
    assert strangers("deploy", ast.parse("import worker")) == {"worker"}
    assert not strangers("api", ast.parse(hidden.format("workflows")))


def relative_imports(tree: ast.Module) -> list[int]:
    """Return the lines of imports that hide the package's name."""
    nodes = (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level)
    return [node.lineno for node in nodes]


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_a_file_keeps_the_house_rules(path: Path) -> None:
    tree = parse(path)
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(tree), "say what the module is for"
    assert len(text.splitlines()) <= MAX_FILE, "split the file"
    assert not long_functions(tree), "split these functions"
    assert not relative_imports(tree), "name the package"


def long_functions(tree: ast.Module) -> list[str]:
    return [
        f"{node.name}, line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION
    ]


def test_a_long_function_is_seen() -> None:
    fits = "async def f():\n" + "    x = 1\n" * (MAX_FUNCTION - 1)
    assert not long_functions(ast.parse(fits))
    assert long_functions(ast.parse(fits + "    x = 1\n")) == ["f, line 1"]


def at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: not what functions do."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, node.args]
        elif isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def made_at_import(tree: ast.Module) -> list[str]:
    calls = (node for node in at_import(tree.body) if isinstance(node, ast.Call))
    return [
        f"{ast.unparse(call.func)}(), line {call.lineno}"
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in MAKERS
    ]


@pytest.mark.parametrize("path", [*PACKAGED, *STARTERS, *TESTS], ids=name)
def test_importing_makes_nothing(path: Path) -> None:
    assert not made_at_import(parse(path)), "make it where the process starts"


def test_what_is_made_at_import_is_seen() -> None:
    for line in (
        "settings = Settings()",
        "class A:\n    engine = create_async_engine('x')",
        "def f(settings=Settings()): ...",
        "if True:\n    client = httpx.AsyncClient()",
    ):
        assert made_at_import(ast.parse(line)), line
    for line in (
        "def f():\n    return Settings()",
        "make = lambda: Settings()",
        "if __name__ == '__main__':\n    Settings()",
    ):
        assert not made_at_import(ast.parse(line)), line


def patching(tree: ast.Module) -> list[str]:
    """Return the places where a test replaces what is not its own."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            text = ast.unparse(node)
            if (
                "mock" in text.split()
                or "unittest.mock" in text
                or "pytest_mock" in text
            ):
                found.append(f"{text}, line {node.lineno}")
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in ("setattr", "setitem")
            and ast.unparse(node.value) in ("monkeypatch", "mp")
        ):
            found.append(f"{ast.unparse(node)}, line {node.lineno}")
    return found


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_tests_use_fakes_and_patch_nothing(path: Path) -> None:
    assert not patching(parse(path)), "put a fake at the seam"


def test_patching_is_seen() -> None:
    for line in (
        "from unittest import mock",
        "from unittest.mock import patch",
        "import unittest.mock as m",
        "monkeypatch.setattr(a, 'b', c)",
    ):
        assert patching(ast.parse(line)), line
    assert not patching(ast.parse("monkeypatch.setenv('A', 'b')\nimport mockery"))


def passed_through(tree: ast.Module) -> set[ast.AST]:
    """Return the nodes inside `with workflow.unsafe.imports_passed_through()`."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and "imports_passed_through" in ast.unparse(node.items[0])
    ]
    return {inner for block in blocks for inner in ast.walk(block)}


def foreign_to_workflows(tree: ast.Module) -> set[str]:
    """Return the libraries that a workflow module imports and must not."""
    through = passed_through(tree)
    direct = {
        package
        for node in ast.walk(tree)
        if node not in through
        for package in imported(node)
    }
    return direct - OURS - WORKFLOW_LIBRARIES


@pytest.mark.parametrize("path", sources("workflows"), ids=name)
def test_workflows_only_decide(path: Path) -> None:
    assert not foreign_to_workflows(parse(path)), "this is an activity's work"


def test_a_library_in_a_workflow_is_seen() -> None:
    through = "with workflow.unsafe.imports_passed_through():\n    import httpx\n"
    assert foreign_to_workflows(ast.parse("import httpx\nimport asyncio")) == {"httpx"}
    assert not foreign_to_workflows(ast.parse(through))
