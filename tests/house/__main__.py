"""`python -m tests.house`: the house in figures."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.house import figures
from tests.house.rooms import WORDS, rooms_of
from tests.house.source_tree import EVERYTHING, PACKAGED, TESTS, parse
from tests.house.test_house import arrows, circle
from tests.house.test_no_facades import borrowed


def _of(folders: Counter[Path]) -> figures.Spread:
    return figures.Spread.of(folders.values())


def rows() -> list[tuple[str, object]]:
    """Return each figure with its name."""
    every = figures.all_functions(figures.SOURCES)
    folders = figures.files_a_folder(figures.SOURCES)
    tests = figures.files_a_folder(TESTS)
    facades = sum(len([*borrowed(parse(path))]) for path in EVERYTHING)
    bare = [function.name for function in every if figures.untyped(function)]
    return [
        ("folders; files a folder, median · p90 · most", _of(folders)),
        ("folders of tests; files a folder", _of(tests)),
        ("files; lines a file", figures.sizes(figures.SOURCES, figures.lines)),
        ("functions; lines a function", figures.Spread.of(map(figures.length, every))),
        ("functions typed", f"{100 * (1 - len(bare) / len(every)):.1f} %"),
        ("a circle of modules", circle(arrows(rooms=False)) or "none"),
        ("a circle of second-level packages", circle(arrows(rooms=True)) or "none"),
        ("SQL outside tables and queries", len(figures.sql_elsewhere(PACKAGED))),
        ("edges past the door of a feature", len(figures.past_the_door(PACKAGED))),
        ("names imported through a façade", facades),
    ]


def lines() -> Iterator[str]:
    """Yield the figures, then what each feature touches."""
    for name, figure in rows():
        yield f"{name:<48} {figure}"
    for feature in WORDS:
        found = rooms_of(feature)
        where = f"{len(found.rooms)} rooms ({', '.join(found.rooms)})"
        yield f"{feature:<14} {found.files} files, {where}, {found.to_scan} to scan"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*lines(), ""]))
