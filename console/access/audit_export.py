"""The audit log as a CSV file, for auditors and their spreadsheets."""

import json
from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from centre.audit import service as log
from centre.audit.audit import Actor, AuditEntry, AuditFilter
from centre.audit.roles import AUDITORS
from console.access.audit_filter import NAMES, filter_of
from console.kit.context import context
from console.kit.visits import visitor_of
from core.clock import utc_now
from core.errors import RequestError
from core.text import csv_safe

_CUT = "The session has ended: this is not the whole log."
_COLUMNS = (
    *("number", "at", "who", "role", "address", "action", "target"),
    *("before", "after", "hash"),
)


async def export(request: Request) -> Response:
    """Send the log, or the part the query asks for, newest first."""
    visitor = await visitor_of(request)
    if visitor is None or visitor.first or visitor.role not in AUDITORS:
        return Response(status_code=403 if visitor else 401)
    asked = {name: request.query_params.get(name, "") for name in NAMES}
    try:
        wanted = filter_of(asked)
    except RequestError as error:
        return Response(str(error), status_code=error.status)
    after = {name: value for name, value in asked.items() if value}
    await log.note_export(context(), after, visitor.actor)
    name = f"audit-{utc_now():%Y%m%d-%H%M%S}.csv"
    return StreamingResponse(
        _lines(request, wanted, visitor.actor),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _lines(
    request: Request, wanted: AuditFilter, actor: Actor
) -> AsyncIterator[str]:
    yield csv_safe.document(_COLUMNS, ())
    cursor: str | None = None
    while True:
        # A session per piece: a slow reader must not hold a connection.
        page = await log.entries(context(), wanted, actor, cursor, 200)
        if await visitor_of(request, at_work=False) is None:
            yield csv_safe.line([_CUT])
            return
        yield "".join(csv_safe.line(_cells(entry)) for entry in page.items)
        cursor = page.next
        if cursor is None:
            return


def _cells(entry: AuditEntry) -> tuple[object, ...]:
    actor = entry.actor
    moment: datetime = entry.at
    return (
        *(entry.number, moment.isoformat(), actor.who, actor.role, actor.address),
        *(
            entry.action,
            entry.target,
            _json(entry.before),
            _json(entry.after),
            entry.hash,
        ),
    )


def _json(values: dict[str, object] | None) -> str | None:
    if values is None:
        return None
    return json.dumps(values, ensure_ascii=False, sort_keys=True)
