"""What a feature touches: its rooms, and the files one must look through in them."""

from dataclasses import dataclass
from pathlib import Path

from tests.house.figures import files_a_folder
from tests.house.source_tree import PACKAGED, ROOT

# The words by which a feature's files are known, beside its folder of the centre.
WORDS = {
    "batches": ("batch",),
    "catalog": ("template", "message_type", "polic"),
    "reachability": ("reachability", "standing", "consent"),
    "workstations": ("workstation", "popup", "ward"),
    "accounts": ("account", "routing"),
}
# Doubles of providers and the processes stand beside the house.
_BESIDE = ("sandbox", "deploy")


@dataclass(frozen=True)
class Rooms:
    """Where a feature is: top-level packages, its files, and all in their folders."""

    rooms: tuple[str, ...]
    files: int
    to_scan: int


def rooms_of(feature: str) -> Rooms:
    """Return what a feature touches."""
    paths = [p for p in PACKAGED if p.stem != "__init__" and _is_of(feature, p)]
    folders = {path.parent for path in paths}
    sizes = files_a_folder(PACKAGED)
    return Rooms(
        rooms=tuple(sorted({path.relative_to(ROOT).parts[0] for path in paths})),
        files=len(paths),
        to_scan=sum(sizes[folder] for folder in folders),
    )


def _is_of(feature: str, path: Path) -> bool:
    top, *rest = path.relative_to(ROOT).parts
    if top in _BESIDE:
        return False
    named = any(word in path.stem for word in WORDS[feature])
    return named or (top == "centre" and rest[0] == feature)
