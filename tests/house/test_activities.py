"""What `activities/` holds: activities, and how their errors become failures."""

import ast
from pathlib import Path

import pytest

from tests.house.source_tree import name, parse, sources


def defined(tree: ast.AST) -> list[str]:
    """Return the activities that a module defines."""
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef)
        and "activity.defn" in map(ast.unparse, node.decorator_list)
    ]


@pytest.mark.parametrize("path", sources("activities"), ids=name)
def test_a_module_of_activities_defines_some(path: Path) -> None:
    if path.stem not in ("__init__", "failures"):
        assert defined(parse(path)), "it belongs to a feature of the centre"


def test_an_activity_is_seen() -> None:
    one = "class A:\n    @activity.defn\n    async def send(self): ..."
    assert defined(ast.parse(one)) == ["send"]
    assert not defined(ast.parse("async def send(self): ..."))
