"""The audit log as a CSV file, for auditors and their spreadsheets."""

import json
from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from centre.audit import audit
from centre.audit.audit import AuditEntry, AuditFilter
from console.access.audit_filter import NAMES, filter_of
from console.kit.context import context
from console.kit.visits import visitor_of
from core.errors import RequestError
from core.text import csv_safe
from core.words import Role
from db.columns import utc_now

_ROLES = (Role.ADMIN, Role.AUDITOR)
_CUT = "The session has ended: this is not the whole log."
_COLUMNS = (
    *("number", "at", "who", "role", "address", "action", "target"),
    *("before", "after", "hash"),
)


async def export(request: Request) -> Response:
    """Send the log, or the part the query asks for, newest first."""
    visitor = await visitor_of(request)
    if visitor is None or visitor.first or visitor.role not in _ROLES:
        return Response(status_code=403 if visitor else 401)
    asked = {name: request.query_params.get(name, "") for name in NAMES}
    try:
        wanted = filter_of(asked)
    except RequestError as error:
        return Response(str(error), status_code=error.status)
    after = {name: value for name, value in asked.items() if value}
    async with context().store.sessions.begin() as session:
        await audit.write(session, visitor.actor, "export", "audit", None, after)
    name = f"audit-{utc_now():%Y%m%d-%H%M%S}.csv"
    return StreamingResponse(
        _lines(request, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _lines(request: Request, wanted: AuditFilter) -> AsyncIterator[str]:
    yield csv_safe.document(_COLUMNS, ())
    cursor: str | None = None
    while True:
        # A session per piece: a slow reader must not hold a connection.
        async with context().store.sessions() as session:
            page = await audit.list_audit(session, wanted, cursor, 200)
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
