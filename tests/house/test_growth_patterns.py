"""No pattern of ours takes more than its text's length in time, whoever wrote that.

Every use of `re` in the source is found and tried; one that can't be resolved fails.
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.house.source_tree import ROOT, parse, sources
from tests.support.strangers.growth import grows_evenly

PACKAGES = (
    *("core", "db", "centre", "channels", "activities", "workflows"),
    *("api", "console"),
)
SIZE = 4000
WHOLE = {"match", "fullmatch"}
ANYWHERE = {"search", "findall", "finditer", "sub", "subn", "split"}
COMMON = " \n-_.@/:;,<>[]{}()\"'\\!a1A中"


@dataclass(frozen=True)
class Use:
    """One pattern and the ways in which it is used."""

    place: str
    pattern: re.Pattern[Any]
    ways: frozenset[str]


def uses() -> Iterator[Use]:
    for package in PACKAGES:
        for path in sources(package):
            yield from uses_in(path)


def uses_in(path: Path) -> Iterator[Use]:
    tree, where = parse(path), path.relative_to(ROOT)
    if not any(
        isinstance(n, ast.Import) and n.names[0].name == "re" for n in tree.body
    ):
        return
    module = importlib.import_module(".".join(where.with_suffix("").parts))
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Attribute) and of_re(call.func):
            for pattern in patterns(call, tree, vars(module)):
                ways = ways_of(call, tree) & (WHOLE | ANYWHERE)
                yield Use(f"{where}:{call.lineno}", pattern, frozenset(ways))


def of_re(func: ast.Attribute) -> bool:
    known = {"compile"} | WHOLE | ANYWHERE
    return getattr(func.value, "id", "") == "re" and func.attr in known


def patterns(
    call: ast.Call, tree: ast.Module, names: dict[str, Any]
) -> Iterator[re.Pattern[Any]]:
    """Yield what a call's first argument can be, with the call's flags."""
    flags = [k.value for k in call.keywords if k.arg == "flags"] or call.args[1:2]
    is_compile = isinstance(call.func, ast.Attribute) and call.func.attr == "compile"
    wanted = value(flags[0], names) if flags and is_compile else 0
    for argument in arguments(call.args[0], call, tree):
        found = value(argument, names)
        yield found if isinstance(found, re.Pattern) else re.compile(found, wanted)


def arguments(given: ast.expr, call: ast.Call, tree: ast.Module) -> Iterator[ast.expr]:
    """Yield an argument, or what the function around it is called with."""
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        names = [a.arg for a in function.args.args]
        if call in ast.walk(function) and getattr(given, "id", "") in names:
            place = names.index(getattr(given, "id", ""))
            for other in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
                if getattr(other.func, "id", "") == function.name:
                    yield other.args[place]
            return
    yield given


def value(expression: ast.expr, names: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(expression), "<pattern>", "eval"), dict(names))


def ways_of(call: ast.Call, tree: ast.Module) -> set[str]:
    """Return how a pattern is used; any way where that is not seen."""
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr != "compile":
        return {call.func.attr}
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.value is call:
            name = getattr(node.targets[0], "id", "")
            used = {
                n.attr
                for n in ast.walk(tree)
                if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == name
            }
            return used or {"search", "fullmatch"}
    return {"search", "fullmatch"}


def texts(pattern: re.Pattern[Any]) -> Iterator[Callable[[int], Any]]:
    """Yield makers of texts of a length that almost fit, in many ways."""
    source = pattern.pattern
    source = source.decode("latin-1") if isinstance(source, bytes) else source
    own = [c for c in dict.fromkeys(source) if c not in COMMON and c.isalnum()]
    units = [*COMMON, *own[:6], *re.findall(r"[A-Za-z<>\":/]{3,}", source)[:6]]
    units += map("".join, product(COMMON, repeat=2))
    for unit, head in product(units, ("", '"')):
        yield Maker(unit, head, isinstance(pattern.pattern, bytes))


@dataclass(frozen=True)
class Maker:
    """Makes `head`, a unit many times, and an end that fits nowhere."""

    unit: str
    head: str
    as_bytes: bool

    def __call__(self, size: int) -> Any:
        text = self.head + self.unit * (size // len(self.unit)) + "\0"
        return text.encode() if self.as_bytes else text


def work(pattern: re.Pattern[Any], way: str) -> Callable[[Any], object]:
    """Return the use of a pattern; what finds one finds all."""
    if way in WHOLE:
        return pattern.fullmatch if way == "fullmatch" else pattern.match
    return lambda text: sum(1 for _ in pattern.finditer(text))


USES = list(uses())


@pytest.mark.parametrize(
    "use", USES, ids=[f"{n}-{u.place}" for n, u in enumerate(USES)]
)
def test_no_pattern_takes_more_than_its_texts_length(use: Use) -> None:
    ways = (use.ways & WHOLE) | ({"search"} if use.ways & ANYWHERE else set())
    for way, make in product(ways, texts(use.pattern)):
        assert grows_evenly(work(use.pattern, way), make, SIZE), (way, make)


def test_the_patterns_of_every_package_are_found() -> None:
    found = {use.place.split("/")[0] for use in USES}
    assert {"core", "centre", "channels", "api"} <= found
    assert len(USES) > 40


@pytest.mark.parametrize("pattern", [r'"(?:[^"\\]|\\.)*"', r"\s*x", r"[^@]+@[^@]+"])
def test_what_grows_faster_is_noticed(pattern: str) -> None:
    compiled = re.compile(pattern)
    search = work(compiled, "search")
    assert not all(grows_evenly(search, make, SIZE) for make in texts(compiled))
