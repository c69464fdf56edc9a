"""From a file's lines to a batch, and from what is refused back to lines."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from uuid_utils.compat import uuid7

from centre.batches.accept import CheckResult, check
from centre.batches.columns import OWN, Columns, columns_in
from centre.batches.rules import BatchRecipient, BatchRequest
from centre.clients.models import Client
from centre.context import Context
from core.clock import utc_now
from core.errors import FieldError, Invalid
from core.models import Message
from core.policies import MessageType
from core.sheets.lines import Fault, Faulty, Line, Sheet
from core.words import Channel, IdentityType

_PLACE = re.compile(r"/recipients/(\d+)(?:/(?:params|identities))?/?(.*)")


@dataclass(frozen=True)
class ListCheck:
    """What became of a list: what of it can be sent, and every wrong place.

    `sheet`, `asked` and `checked` are without the wrong lines; None where nothing can
    be sent. `unknown` are the columns that nobody reads.
    """

    sheet: Sheet | None
    asked: BatchRequest | None
    checked: CheckResult | None
    faults: tuple[Fault, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Estimate:
    """What a batch may cost: its first stage alone, and every channel."""

    stages: tuple[tuple[Channel, ...], ...]
    least: float
    most: float


def request_of(
    sheet: Sheet, message_type: MessageType, labels: Mapping[str, str], **shared: object
) -> BatchRequest:
    """Return the batch of a file; Faulty with all its wrong places.

    `labels` are other names of columns, as the dictionary has them. What stands in a
    column that is not known is left out.
    """
    columns = columns_in(sheet, message_type, labels)
    faults, people = list(columns.faults), []
    for line in sheet.lines:
        wrong = list(_wrong_cells(line, columns))
        faults += wrong
        if not wrong:
            people.append(_recipient(line, columns, faults))
    if faults:
        raise Faulty(faults)
    return BatchRequest.model_validate(
        {"type": message_type.code, "recipients": people, **shared}
    )


def _wrong_cells(line: Line, columns: Columns) -> Iterable[Fault]:
    for column, detail in line.faults.items():
        if column == "" or column in columns.names:
            yield Fault(line.number, column, detail)


def _recipient(
    line: Line, columns: Columns, faults: list[Fault]
) -> BatchRecipient | None:
    cells = {
        columns.names[head]: text
        for head, text in line.cells.items()
        if head in columns.names
    }
    who = {name: text for name, text in cells.items() if name in set(IdentityType)}
    own = {name: text for name, text in cells.items() if name in OWN}
    params = {n: text for n, text in cells.items() if n not in who and n not in own}
    try:
        return BatchRecipient.model_validate(
            {"identities": who, "params": params, **own}
        )
    except ValidationError as error:
        for place in error.errors(include_input=False, include_url=False):
            column = str(place["loc"][-1]) if len(place["loc"]) > 1 else ""
            column = column or (str(place["loc"][0]) if place["loc"][0] in OWN else "")
            faults.append(Fault(line.number, columns.head(column), _told(place)))
        return None


def _told(place: ErrorDetails) -> str:
    if place["type"] == "too_short":
        return "Nobody is named on this line."
    if place["type"] == "string_too_long":
        return f"Longer than {place['ctx']['max_length']} characters."
    return place["msg"]


async def examine(
    context: Context,
    client: Client,
    sheet: Sheet,
    message_type: MessageType,
    labels: Mapping[str, str],
    **shared: object,
) -> ListCheck:
    """Check a list as it would be sent, every line of it; the wrong ones are told.

    Raises what is wrong with the batch as a whole and with no place of the file.
    """
    columns, found = columns_in(sheet, message_type, labels), list[Fault]()
    part: Sheet | None = sheet
    while part is not None:
        try:
            asked = await asyncio.to_thread(
                request_of, part, message_type, labels, **shared
            )
            done = await checked(context, client, part, asked, columns)
            break
        except Faulty as error:
            found += error.faults
            part = part.without({fault.line for fault in error.faults})
    found.sort(key=lambda fault: fault.line)
    if part is None:
        return ListCheck(None, None, None, tuple(found), columns.unknown)
    return ListCheck(part, asked, done, tuple(found), columns.unknown)


async def checked(
    context: Context,
    client: Client,
    sheet: Sheet,
    asked: BatchRequest,
    columns: Columns,
) -> CheckResult:
    """Return the batch as it would be sent; Faulty with all its wrong lines."""
    now = utc_now()
    try:
        return await check(context, client, asked, uuid7(), now, most=None)
    except Invalid as error:
        faults = [_fault(sheet, columns, field_error) for field_error in error.errors]
        if not any(fault.line for fault in faults):
            raise
        raise Faulty(faults) from None


def _fault(sheet: Sheet, columns: Columns, field_error: FieldError) -> Fault:
    if (place := _PLACE.fullmatch(field_error.pointer)) is None:
        return Fault(0, field_error.pointer.strip("/"), field_error.detail)
    line = sheet.lines[int(place[1])].number
    name = place[2].replace("~1", "/").replace("~0", "~")
    return Fault(line, columns.head(name), field_error.detail)


def estimate(
    frame: Message, count: int, costs: Iterable[tuple[Channel, float]]
) -> Estimate:
    """Return what a batch may cost, by the dictionary's prices."""
    price, stages = dict(costs), frame.plan.stages
    each = [sum(price.get(channel, 0.0) for channel in stage) for stage in stages]
    return Estimate(stages, count * (each[0] if each else 0.0), count * sum(each))
