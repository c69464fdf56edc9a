"""The house: which feature may import which, and no circles."""

import sys
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.house.figures import imports
from tests.house.source_tree import (
    FEATURES,
    PACKAGED,
    ROOT,
    module,
    name,
    sources,
)

# What a workflow may use of the centre uses nothing else.
PURE = {"core", "temporalio", "pydantic", *sys.stdlib_module_names}
MODULES = {module(path): path for path in PACKAGED}
# What features share; `tables` names all of them, for migrations.
SHARED = {"context", "tables"}


def room(module: str) -> str:
    """Return the second-level package of a module, or its name where it is in none."""
    return ".".join(module.split(".")[:2])


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return a circle of arrows, where there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def arrows(*, rooms: bool) -> dict[str, set[str]]:
    """Return what imports what among our modules, or among their rooms."""
    name_of = room if rooms else str
    graph: dict[str, set[str]] = {}
    for importer, path in MODULES.items():
        found = {name_of(m) for m in imports(path) & MODULES.keys()}
        graph.setdefault(name_of(importer), set()).update(found - {name_of(importer)})
    return graph


@pytest.mark.parametrize("rooms", [False, True])
def test_no_imports_make_a_circle(rooms: bool) -> None:
    assert not circle(arrows(rooms=rooms))


def test_a_circle_is_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle({"a": {"b", "c"}, "b": {"c"}})


def later(feature: str, modules: set[str]) -> set[str]:
    """Return what of these belongs to a feature that comes after this one."""
    allowed = {*FEATURES[: FEATURES.index(feature) + 1], "context"}
    ours = {m for m in modules if m.startswith("centre.")}
    return {m for m in ours if m.split(".")[1] not in allowed}


def test_every_feature_has_its_place() -> None:
    folders = {p.name for p in (ROOT / "centre").iterdir() if [*p.glob("*.py")]}
    assert folders == {*FEATURES}
    assert {p.stem for p in (ROOT / "centre").glob("*.py")} == {*SHARED, "__init__"}


@pytest.mark.parametrize("path", sources("centre"), ids=name)
def test_features_import_what_comes_before(path: Path) -> None:
    feature = path.relative_to(ROOT).parts[1]
    if feature in FEATURES:
        assert not later(feature, {*imports(path)})


def test_a_later_feature_is_seen() -> None:
    assert later("audit", {"centre.people.persons"}) == {"centre.people.persons"}
    assert not later("people", {"centre.audit.audit", "centre.context", "core.words"})


def impure(start: str) -> set[str]:
    """Return what a module of the centre imports, at last, that is not pure."""
    waiting, seen, found = [start], {start}, set()
    while waiting:
        for each in imports(MODULES[waiting.pop()]) - seen:
            seen.add(each)
            if each.startswith("centre.") and each in MODULES:
                waiting.append(each)
            elif each.partition(".")[0] not in PURE:
                found.add(each)
    return found


@pytest.mark.parametrize("path", sources("workflows"), ids=name)
def test_workflows_use_what_is_pure_of_the_centre(path: Path) -> None:
    # The client speaks for the workflows, and is none.
    if path.stem == "client":
        return
    used = {m for m in imports(path) if m.startswith("centre.")}
    assert not {m: impure(m) for m in used if impure(m)}
