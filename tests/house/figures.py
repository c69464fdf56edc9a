"""What the house measures: folders, files, functions, types, circles, doors."""

import ast
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house.source_tree import (
    PACKAGED,
    ROOT,
    STARTERS,
    module,
    parse,
    sources,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
SOURCES = [*PACKAGED, *STARTERS, *sources("benchmarks")]
# What may speak SQL, by the name of the file (house rule 11); `db` is made for it.
SQL_ROLES = ("tables", "queries", "writes")
SQL = {"sqlalchemy", "sqlmodel"}
EDGES = ("api", "console")


@dataclass(frozen=True)
class Spread:
    """How many there are, and how large: the middle, nine in ten, the largest."""

    count: int
    median: float
    p90: float
    most: int

    @classmethod
    def of(cls, sizes: Iterable[int]) -> "Spread":
        """Return the spread of some sizes."""
        ordered = sorted(sizes)
        nine_in_ten = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
        return cls(len(ordered), statistics.median(ordered), nine_in_ten, ordered[-1])

    def __str__(self) -> str:
        return f"{self.count}; {self.median:g} · {self.p90:g} · {self.most}"


def files_a_folder(paths: Sequence[Path]) -> Counter[Path]:
    """Return how many modules each folder holds, without its `__init__`."""
    return Counter(path.parent for path in paths if path.stem != "__init__")


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@cache
def functions(path: Path) -> tuple[Function, ...]:
    """Return every function of a file, nested ones too."""
    return tuple(node for node in ast.walk(parse(path)) if isinstance(node, Function))


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def untyped(function: Function) -> list[str]:
    """Return the parameters without a type, and "return" where that lacks."""
    args = function.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    every += [arg for arg in (args.vararg, args.kwarg) if arg]
    bare = [arg.arg for arg in every if not arg.annotation]
    bare = [name for name in bare if name not in ("self", "cls")]
    known = function.returns or function.name == "__init__"
    return bare if known else [*bare, "return"]


@cache
def modules() -> frozenset[str]:
    return frozenset(module(path) for path in SOURCES)


@cache
def imports(path: Path) -> frozenset[str]:
    """Return every module that a file imports, ours by its whole name."""
    return frozenset(_imported(parse(path)))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules() else node.module


def packages(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    return {origin.partition(".")[0] for origin in imports(path)}


def has_sql_role(name: str) -> bool:
    """Whether a module may speak SQL: tables, queries, writes, and `db` itself."""
    top, _, _ = name.partition(".")
    role = name.rpartition(".")[2].rpartition("_")[2]
    return top == "db" or role in SQL_ROLES


def sql_elsewhere(paths: Iterable[Path]) -> list[str]:
    """Return the modules that import SQL and have no role that may."""
    named = {module(path): path for path in paths}
    return [
        name
        for name, path in named.items()
        if not has_sql_role(name) and SQL & packages(path)
    ]


def past_the_door(paths: Iterable[Path]) -> list[str]:
    """Return each arrow from an edge to a feature's SQL, past its service."""
    return [
        f"{module(path)} → {name}"
        for path in paths
        if path.relative_to(ROOT).parts[0] in EDGES
        for name in sorted(imports(path))
        if name.startswith("centre.") and has_sql_role(name)
    ]


def sizes(paths: Iterable[Path], size: Callable[[Path], int]) -> Spread:
    """Return the spread of a size over some files."""
    return Spread.of(size(path) for path in paths)


def all_functions(paths: Iterable[Path]) -> list[Function]:
    """Return every function of some files."""
    return [function for path in paths for function in functions(path)]
