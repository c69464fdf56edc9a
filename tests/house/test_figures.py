"""The house keeps its measure (`python -m tests.house` prints it)."""

import ast
from pathlib import Path

import pytest

from tests.house import figures
from tests.house.figures import Spread
from tests.house.rooms import WORDS, rooms_of
from tests.house.source_tree import PACKAGED, TESTS, name

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
