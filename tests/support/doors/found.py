"""What there is to be done by the API and at the console, found in what they are.

The API says it in its OpenAPI document. At the console every handler that may change
something is made by `acting`, so the pages' source names them; which of them really ran
is noted where `acting` asks who is there.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.kit import visits
from tests.house.source_tree import name, parse, sources

_CHANGING = ("post", "put", "patch", "delete")
Handler = tuple[str, str]


def changing_routes(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the method and the path of everything that is no mere look."""
    return {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method in _CHANGING
    }


def same_path(pattern: str, path: str) -> bool:
    """Tell whether a row's path is one of a route's."""
    wanted, given = pattern.split("/"), path.split("/")
    pairs = list(zip(wanted, given, strict=False))
    fits = all(a == b or "{" in a for a, b in pairs)
    return fits and len(wanted) == len(given)


def acting_handlers() -> set[Handler]:
    """Return every handler of the console that asks for a role: its file, its name."""
    found: set[Handler] = set()
    for path in sources("console"):
        tree = parse(path)
        found |= {(name(path), handler) for handler in _handlers(tree)}
    return found


def _handlers(tree: ast.Module) -> Iterator[str]:
    makers, known = set(_makers(tree)), dict(_functions(tree))
    for function, qualified in known.items():
        if any(_makes(made, makers) for made in function.decorator_list):
            yield qualified
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _makes(node.func, makers) and node.args:
            called = ast.unparse(node.args[0]).removeprefix("self.")
            yield from (q for f, q in known.items() if f.name == called)


def _functions(
    node: ast.AST, above: str = ""
) -> Iterator[tuple[ast.AsyncFunctionDef, str]]:
    """Yield the async functions with the names Python gives them, `A.<locals>.b`."""
    for child in ast.iter_child_nodes(node):
        inside = above
        if isinstance(child, ast.ClassDef):
            inside = f"{above}{child.name}."
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = f"{above}{child.name}.<locals>."
        if isinstance(child, ast.AsyncFunctionDef):
            yield child, above + child.name
        yield from _functions(child, inside)


def _makers(tree: ast.Module) -> Iterator[str]:
    """Yield the names that stand for what `acting(…)` has made: `act = acting(…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _made(target, node.value)


def _made(target: ast.expr, value: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _made(one, other)
    elif isinstance(target, ast.Name) and _is_acting(value):
        yield target.id


def _makes(node: ast.expr, makers: set[str]) -> bool:
    return _is_acting(node) or (isinstance(node, ast.Name) and node.id in makers)


def _is_acting(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "acting"


def note_handlers(patch: pytest.MonkeyPatch) -> set[Handler]:
    """Note from now on which handlers somebody's click has come to."""
    ran: set[Handler] = set()
    ask = visits.present_visitor

    def noted(*given: Any, **named: Any) -> Any:
        work = sys._getframe(1).f_locals["work"]
        code = getattr(work, "__wrapped__", work).__code__
        ran.add((name(Path(code.co_filename)), code.co_qualname))
        return ask(*given, **named)

    patch.setattr("console.kit.acting.present_visitor", noted)
    return ran
