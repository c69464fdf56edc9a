"""From a file's lines to a batch, and from what is refused back to lines."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError
from uuid_utils.compat import uuid7

from core.acceptance import required_params
from core.batches import MOST_TOLD, BatchRecipient, BatchRequest
from core.errors import Invalid, Wrong
from core.identities import ADDRESSES
from core.models import Message, MessageType
from core.words import Channel, IdentityType
from operations import Parts
from operations.batches import check
from operations.sheets import Sheet
from store.clients import Client

_OWN = ("name", "reference")
_PLACE = re.compile(r"/recipients/(\d+)(?:/(?:params|identities))?/?(.*)")


@dataclass(frozen=True)
class Fault:
    """One wrong place of a file; line 0 is the batch as a whole."""

    line: int
    column: str
    detail: str


class Faulty(Exception):
    """A file has wrong places; nothing of it is sent."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("The file has wrong places.")
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Estimate:
    """What a batch may cost: its first stage alone, and every channel."""

    stages: tuple[tuple[Channel, ...], ...]
    least: float
    most: float


def columns_of(kind: MessageType) -> list[str]:
    """Return a sheet's columns for a type: who, then what the texts need."""
    wanted = [IdentityType.EMPI_ID, IdentityType.PATIENT_ID]
    for weighted in kind.policy.channels:
        wanted += ADDRESSES[weighted.channel]
    identities = [i.value for i in IdentityType if i in wanted]
    return [*identities, *_OWN, *sorted(required_params(kind))]


def request_of(
    sheet: Sheet, kind: MessageType, labels: Mapping[str, str], **shared: object
) -> BatchRequest:
    """Return the batch of a file; Faulty with its wrong lines.

    `labels` are other names of columns, as the dictionary has them.
    """
    names = {column: labels.get(column, column) for column in sheet.head}
    known = {*IdentityType, *_OWN, *required_params(kind)}
    faults = [
        Fault(1, column, "No such column; compare with the empty sheet.")
        for column, name in names.items()
        if name not in known
    ]
    people = []
    for line in sheet.lines:
        faults += [
            Fault(line.number, column, "Holds a formula; paste its value instead.")
            for column in line.formulas
        ]
        cells = {names[column]: text for column, text in line.cells.items()}
        people.append(_recipient(line.number, cells, faults))
    if faults:
        raise Faulty(faults[:MOST_TOLD])
    return BatchRequest.model_validate(
        {"type": kind.code, "recipients": people, **shared}
    )


def _recipient(
    line: int, cells: Mapping[str, str], faults: list[Fault]
) -> BatchRecipient | None:
    who = {name: text for name, text in cells.items() if name in set(IdentityType)}
    own = {name: text for name, text in cells.items() if name in _OWN}
    params = {n: text for n, text in cells.items() if n not in who and n not in own}
    try:
        return BatchRecipient.model_validate(
            {"identities": who, "params": params, **own}
        )
    except ValidationError as error:
        for place in error.errors(include_input=False, include_url=False):
            column = str(place["loc"][-1]) if len(place["loc"]) > 1 else ""
            missing = place["type"] == "too_short"
            detail = "Nobody is named on this line." if missing else place["msg"]
            faults.append(Fault(line, column, detail))
        return None


async def checked(
    parts: Parts, client: Client, sheet: Sheet, asked: BatchRequest
) -> Message:
    """Return what the batch's messages share; Faulty with its wrong lines."""
    try:
        return (await check(parts, client, asked, uuid7(), datetime.now(UTC))).frame
    except Invalid as error:
        found = error.errors or (Wrong("", str(error)),)
        raise Faulty([_fault(sheet, wrong) for wrong in found]) from None


def _fault(sheet: Sheet, wrong: Wrong) -> Fault:
    if (place := _PLACE.fullmatch(wrong.pointer)) is None:
        return Fault(0, wrong.pointer.strip("/"), wrong.detail)
    line = sheet.lines[int(place[1])].number
    column = place[2].replace("~1", "/").replace("~0", "~")
    return Fault(line, column, wrong.detail)


def estimate(
    frame: Message, count: int, costs: Iterable[tuple[Channel, float]]
) -> Estimate:
    """Return what a batch may cost, by the dictionary's prices."""
    price, stages = dict(costs), frame.plan.stages
    each = [sum(price.get(channel, 0.0) for channel in stage) for stage in stages]
    return Estimate(stages, count * (each[0] if each else 0.0), count * sum(each))
