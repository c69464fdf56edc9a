"""The console's texts: both languages, none missing, none left over."""

import ast
import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from annotated_types import Ge, Gt, Le, Len, Lt
from pydantic import Field, TypeAdapter, ValidationError

from console.kit.texts import LANGUAGES, all_texts
from tests.house.source_tree import ROOT, parse, sources

TEXTS = sorted(all_texts())
# A template's own placeholder, {{name}}, is none of ours.
PLACES = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
# Errors name their text by what they say: `detail.…`, looked up as they come.
LOOKED_UP = ("detail.", "error.")


def literals() -> Iterator[str]:
    """Yield every text that stands in the console's source."""
    for path in sources("console"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def beginnings() -> Iterator[str]:
    """Yield how keys begin that are put together: f"role.{role}"."""
    for path in sources("console"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.JoinedStr) and node.values:
                first = node.values[0]
                if isinstance(first, ast.Constant) and "." in str(first.value):
                    yield str(first.value)


def asked_for() -> Iterator[str]:
    """Yield the keys that `t("…")` asks for by name."""
    for path in sources("console"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "t":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_in_both_languages(key: str) -> None:
    text = all_texts()[key]
    assert set(text) == set(LANGUAGES), key
    for tongue in LANGUAGES:
        assert isinstance(text[tongue], str), f"{key}: quote it"
        assert text[tongue].strip(), key
    places = [set(PLACES.findall(text[tongue])) for tongue in LANGUAGES]
    assert places[0] == places[1], f"{key} has other placeholders"


REFUSED = [
    (Annotated[int, Ge(2)], 1),
    (Annotated[int, Gt(2)], 1),
    (Annotated[int, Le(2)], 3),
    (Annotated[int, Lt(2)], 3),
    (int, None),
    (int, "x"),
    (int, 1.5),
    (float, None),
    (float, "x"),
    (Annotated[float, Field(allow_inf_nan=False)], float("nan")),
    (str, 5),
    (Annotated[str, Len(2)], "x"),
    (Annotated[str, Len(0, 2)], "xxx"),
    (Annotated[str, Field(pattern="^a$")], "x"),
    (Annotated[list[int], Len(2)], []),
    (Annotated[list[int], Len(0, 1)], [1, 2]),
]


@pytest.mark.parametrize(("kind", "value"), REFUSED, ids=map(str, range(len(REFUSED))))
def test_what_pydantic_refuses_has_words(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    (error,) = raised.value.errors()
    text = all_texts()[f"invalid.{error['type']}"]["zh"]
    assert "{" not in text.format(**error.get("ctx", {}))


def test_every_text_asked_for_is_there() -> None:
    assert not set(asked_for()) - set(TEXTS)


def test_no_text_is_left_over() -> None:
    used, starts = set(literals()), tuple(beginnings())
    left = [
        key
        for key in TEXTS
        if key not in used and not key.startswith((*starts, *LOOKED_UP))
    ]
    assert not left


def test_the_folder_has_nothing_but_texts() -> None:
    names = {path.suffix for path in (ROOT / "console" / "texts").iterdir()}
    assert names == {".yaml"}
