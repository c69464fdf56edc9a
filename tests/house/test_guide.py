"""The guide's walks and signposts lead to what there is."""

import ast
import re

import pytest

from tests.house.source_tree import ROOT, parse

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STOPS = sorted(set(re.findall(r"`([a-z_/]+\.py):([A-Za-z_.]+)`", GUIDE)))
PATHS = sorted(set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.(?:py|yaml))?)`", GUIDE)))


def defines(tree: ast.AST, names: list[str]) -> bool:
    """Whether a tree defines a name, and what is named within it."""
    if not names:
        return True
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, kinds) and node.name == names[0]
    ]
    return any(defines(node, names[1:]) for node in found)


@pytest.mark.parametrize(("path", "name"), STOPS, ids=":".join)
def test_each_stop_of_a_walk_exists(path: str, name: str) -> None:
    assert defines(parse(ROOT / path), name.split("."))


def test_the_walks_keep_their_measure() -> None:
    message, receipt = (
        re.findall(r"^\d+\. `", walk, re.MULTILINE)
        for walk in re.split(r"^## ", GUIDE, flags=re.MULTILINE)
        if walk.startswith("The walk of a ")
    )
    assert 20 <= len(message) <= 25
    assert 10 <= len(receipt) <= 15


@pytest.mark.parametrize("path", PATHS)
def test_each_signpost_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_a_name_that_is_not_there_is_seen() -> None:
    tree = ast.parse("class A:\n    def b(self): ...")
    assert defines(tree, ["A", "b"])
    assert not defines(tree, ["A", "c"])
    assert not defines(tree, ["b", "A"])
