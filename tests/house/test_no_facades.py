"""No façades: a name is imported from the module that defines it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.source_tree import EVERYTHING, module, name, parse

MODULES = {module(path): path for path in EVERYTHING}


@cache
def defined(module: str) -> frozenset[str]:
    """Return the names that a module of ours defines at its top, under any `if`."""
    return frozenset(_names(parse(MODULES[module])))


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.Name(id=found, ctx=ast.Store()):
                yield found
            case ast.Tuple(ctx=ast.Store()) | ast.stmt():
                yield from _names(node)


def borrowed(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return what is imported from a module of ours that does not define it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.module not in MODULES:
            continue
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if whole not in MODULES and alias.name not in defined(node.module):
                yield node.lineno, whole
    yield from _borrowed_by_dot(tree)


def _borrowed_by_dot(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return what is named as `module.name` where that module does not define it."""
    ours = _aliases(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name(id=alias), attr=attr) if alias in ours:
                whole = f"{ours[alias]}.{attr}"
                known = whole in MODULES or attr in defined(ours[alias])
                if not known and not attr.startswith("__"):
                    yield node.lineno, whole


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Return the modules of ours that are imported, by what they are called here."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in found
        for alias in node.names
    }
    return {alias: whole for alias, whole in names.items() if whole in MODULES}


def handed_on(tree: ast.Module) -> list[str]:
    """Return what is imported under its own name: only for others to import it."""
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    aliases = (alias for node in imports for alias in node.names)
    return [alias.name for alias in aliases if alias.asname == alias.name]


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_names_are_imported_from_where_they_are_defined(path: Path) -> None:
    assert not [*borrowed(parse(path))]
    assert not handed_on(parse(path))


def test_a_borrowed_name_is_seen() -> None:
    ours = "from tests.house.test_no_facades import MODULES, Path\nimport tests"
    assert [*borrowed(ast.parse(ours))] == [(1, "tests.house.test_no_facades.Path")]
    ours = "from tests.house import test_no_facades as t\nt.MODULES, t.Path, t.__doc__"
    assert [*borrowed(ast.parse(ours))] == [(2, "tests.house.test_no_facades.Path")]
    assert handed_on(ast.parse("from a import b as b, c as d")) == ["b"]
