"""One value becomes another only by changes that mypy has looked at."""

import ast
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from mypy import api
from pydantic import ValidationError

from core.base import Model, evolve
from tests.house.source_tree import PACKAGED, ROOT, STARTERS, name, parse, sources

READ = [*PACKAGED, *STARTERS, *sources("benchmarks")]


class Value(Model):
    """Two fields, one of which may be left out."""

    number: int
    word: str = ""


def test_what_is_named_changes_and_nothing_else() -> None:
    first = Value(number=1, word="a")
    assert evolve(first, number=2) == Value(number=2, word="a")
    assert first == Value(number=1, word="a")
    assert evolve(first) == first


def test_what_is_no_field_is_refused() -> None:
    unknown: dict[str, Any] = {"nunber": 2}
    with pytest.raises(TypeError, match="Value has no nunber"):
        evolve(Value(number=1), **unknown)
    with pytest.raises(ValidationError):
        Value(number=1).number = 2  # type: ignore[misc]


def unchecked(tree: ast.AST) -> list[int]:
    """Return the lines of copies whose changes nobody checks."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "model_copy"
    ]


@pytest.mark.parametrize("path", READ, ids=name)
def test_nothing_is_copied_unchecked(path: Path) -> None:
    if path != ROOT / "core" / "base.py":
        assert not unchecked(parse(path)), "use core.base.evolve"


def test_an_unchecked_copy_is_seen() -> None:
    assert unchecked(ast.parse("value.model_copy(update={'number': 'two'})")) == [1]
    assert not unchecked(ast.parse("evolve(value, number=2)"))


def test_mypy_sees_a_wrong_name_and_a_wrong_type(tmp_path: Path) -> None:
    file = tmp_path / "changes.py"
    file.write_text(
        dedent("""\
        from core.base import Model, evolve

        class Value(Model):
            number: int

        def changed(value: Value) -> Value:
            evolve(value, nunber=2)
            evolve(value, number="2")
            value.number = 2
            return evolve(value, number=2)
        """)
    )
    options = ["--config-file", str(ROOT / "pyproject.toml")]
    report, _, status = api.run([*options, "--cache-dir", str(tmp_path), str(file)])
    lines = [line.split(":")[1] for line in report.splitlines() if "error:" in line]
    assert status == 1, report
    assert lines == ["7", "8", "9"], report
