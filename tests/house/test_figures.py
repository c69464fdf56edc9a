"""The house keeps its measure (`python -m tests.house` prints it)."""

import ast
import sys
from pathlib import Path

import pytest

from tests.house import figures
from tests.house.figures import Spread
from tests.house.rooms import WORDS, rooms_of
from tests.house.source_tree import PACKAGED, TESTS, module, name, sources

MOST_FILES, MOST_LINES = 20, 40


@pytest.mark.parametrize("paths", [figures.SOURCES, TESTS], ids=["source", "tests"])
def test_a_folder_is_taken_in_at_a_glance(paths: list[Path]) -> None:
    folders = Spread.of(figures.files_a_folder(paths).values())
    assert folders.median <= 8
    assert folders.most <= MOST_FILES


def test_functions_are_short() -> None:
    every = [*map(figures.length, figures.all_functions(figures.SOURCES))]
    assert Spread.of(every).median <= 8
    assert max(every) <= MOST_LINES


@pytest.mark.parametrize("path", [*figures.SOURCES, *TESTS], ids=name)
def test_every_function_is_typed(path: Path) -> None:
    bare = {f.name: figures.untyped(f) for f in figures.functions(path)}
    assert not {function: names for function, names in bare.items() if names}


def test_a_bare_function_is_seen() -> None:
    (bare,) = ast.parse("def f(self, a, *b: int, c=1) -> None: ...").body
    assert isinstance(bare, ast.FunctionDef)
    assert figures.untyped(bare) == ["a", "c"]


def test_only_tables_and_queries_speak_sql() -> None:
    assert not figures.sql_elsewhere(PACKAGED)


def test_edges_use_the_services_of_a_feature() -> None:
    assert not figures.past_the_door(PACKAGED)


@pytest.mark.parametrize(
    ("module", "may"),
    [
        ("centre.batches.queries", True),
        ("centre.accounts.routing_queries", True),
        ("centre.messages.writes", True),
        ("db.sqlite", True),
        ("centre.tables", True),
        ("centre.batches.accept", False),
        ("api.context", False),
    ],
)
def test_a_role_is_known_by_its_name(module: str, may: bool) -> None:
    assert figures.has_sql_role(module) is may


@pytest.mark.parametrize("feature", WORDS)
def test_a_feature_has_few_rooms(feature: str) -> None:
    found = rooms_of(feature)
    assert len(found.rooms) <= 5
    assert found.to_scan <= (70 if feature == "batches" else 80)


QUERIES = [p for p in sources("centre") if figures.has_sql_role(module(p))]
PURE_ROLES = {"rules", "contracts", "models", "status", "plan"}
PURE = [p for p in sources("centre") if p.stem.rpartition("_")[2] in PURE_ROLES]
# What only a use case does: it opens the transaction, and says who did what.
_OF_A_USE_CASE = ("Context", ".sessions", "autocommit(", ".commit(", "audit.write")


@pytest.mark.parametrize("path", QUERIES, ids=name)
def test_queries_only_take_part_in_a_transaction(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [word for word in _OF_A_USE_CASE if word in text]


@pytest.mark.parametrize("path", PURE, ids=name)
def test_rules_and_contracts_are_pure(path: Path) -> None:
    ours = {"core", "centre", "channels", "pydantic"}
    assert not figures.packages(path) - ours - sys.stdlib_module_names
