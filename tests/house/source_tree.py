"""Our source files, for the tests that read them."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A package may import these, and itself.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "db": {"core"},
    "channels": {"core"},
    "centre": {"core", "db", "channels"},
    "activities": {"core", "db", "channels", "centre"},
    "workflows": {"core", "centre", "activities"},
    "api": {"core", "db", "channels", "centre", "workflows"},
    "console": {"core", "db", "centre"},
    "sandbox": {"core"},
    "deploy": {"core", "db", "channels", "centre"},
}
# Within the centre each feature may import those before it.
FEATURES = (
    *("audit", "clients", "providers", "catalog", "rate_limits", "access", "people"),
    *("keys", "reachability", "flows", "queues", "messages", "schedule"),
    *("workstations", "orders", "seeds", "batches", "delivery", "accounts"),
    *("receipts", "watch"),
)


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


def module(path: Path) -> str:
    """Return the name by which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name(path))
