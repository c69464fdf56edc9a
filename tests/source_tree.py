"""Our source files, for the tests that read them."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "db": {"core"},
    "store": {"core", "db"},
    "channels": {"core"},
    "activities": {"core", "db", "store", "channels"},
    "workflows": {"core", "activities"},
    "operations": {"core", "db", "store", "channels", "workflows"},
    "api": {"core", "db", "store", "channels", "workflows", "operations"},
    "gateways": {"core", "db", "store", "workflows", "operations"},
    "console": {"core", "db", "store", "workflows", "operations"},
    "sandbox": {"core"},
    "deploy": {"core", "db", "store", "channels"},
}


def sources(*folders: str) -> list[Path]:
    """Return our Python files under these folders; a folder may be absent."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(p for p in found if not _generated(p))


def _generated(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return "node_modules" in parts or parts[:2] == ("db", "migrations")


PACKAGED = sources(*MAY_IMPORT)
STARTERS = [ROOT / name for name in ("worker.py", "serving.py", "cli.py", "web.py")]
TESTS = sources("tests")
EVERYTHING = [*PACKAGED, *STARTERS, *TESTS, *sources("benchmarks")]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name(path))
