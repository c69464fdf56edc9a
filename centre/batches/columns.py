"""What the columns of a list are: those of a type, by code or by a usual name."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from centre.catalog.placeholders import required_params
from core.identities import ADDRESSES
from core.policies import MessageType
from core.sheets.lines import Fault, Sheet
from core.words import IdentityType

OWN = ("name", "reference")
# The column that a list of wrong lines has at its end: no part of the list.
ERROR_COLUMNS = ("错误", "Error")
_NOBODY = "No column names a person; take the head of the empty sheet."
_TWICE = "Another column stands for the same; keep one of them."


@dataclass(frozen=True)
class Columns:
    """A sheet's columns: `names` by head for those that count, `unknown` the others."""

    names: Mapping[str, str]
    unknown: tuple[str, ...]
    faults: tuple[Fault, ...]

    def head(self, name: str) -> str:
        """Return how the file calls what a name stands for; else the name."""
        return next((head for head, found in self.names.items() if found == name), name)


def columns_of(message_type: MessageType) -> list[str]:
    """Return a sheet's columns for a type: who, then what the texts need."""
    wanted = [IdentityType.EMPI_ID, IdentityType.PATIENT_ID]
    for weighted in message_type.policy.channels:
        wanted += ADDRESSES[weighted.channel]
    identities = [i.value for i in IdentityType if i in wanted]
    return [*identities, *OWN, *sorted(required_params(message_type))]


def columns_in(
    sheet: Sheet, message_type: MessageType, labels: Mapping[str, str]
) -> Columns:
    """Return what a sheet's columns stand for.

    `labels` are other names, as the dictionary has them; a parameter's own name goes
    before them. Spaces, case and width make no difference.
    """
    known = {_folded(label): name for label, name in labels.items()}
    known |= {_folded(n): n for n in (*IdentityType, *OWN)}
    known |= {_folded(name): name for name in required_params(message_type)}
    names = {h: str(known[_folded(h)]) for h in sheet.head if _folded(h) in known}
    rest = [h for h in sheet.head if h not in names and h not in ERROR_COLUMNS]
    return Columns(names, tuple(rest), tuple(_wrong(sheet, names)))


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _wrong(sheet: Sheet, names: Mapping[str, str]) -> Iterator[Fault]:
    if not set(names.values()) & set(IdentityType):
        yield Fault(sheet.number, "", _NOBODY)
    seen: set[str] = set()
    for head, name in names.items():
        if name in seen:
            yield Fault(sheet.number, head, _TWICE)
        seen.add(name)
        if told := sheet.faults.get(head):
            yield Fault(sheet.number, head, told)
    if told := sheet.faults.get(""):
        yield Fault(sheet.number, "", told)
