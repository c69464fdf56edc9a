"""What people ask of the audit log: its rows, all of them as a file, its proof."""

from collections.abc import Mapping

from centre.audit import audit, queries
from centre.audit.audit import Actor, AuditEntry, AuditFilter, ChainReport
from centre.audit.roles import AUDITORS
from centre.context import Context
from db.pages import Page
from db.store import Store


async def entries(
    context: Context,
    wanted: AuditFilter,
    actor: Actor,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AuditEntry]:
    """Return who did what, newest first; Forbidden for who may not read it."""
    actor.must_be(*AUDITORS)
    async with context.store.sessions() as session:
        return await audit.list_audit(session, wanted, cursor, limit)


async def note_export(context: Context, asked: Mapping[str, str], actor: Actor) -> None:
    """Keep who takes the log with them, before they get the first row."""
    actor.must_be(*AUDITORS)
    async with context.store.sessions.begin() as session:
        await audit.write(session, actor, "export", "audit", None, asked)


async def chain(context: Context, actor: Actor) -> ChainReport:
    """Tell whether the log is whole; Forbidden for who may not read it."""
    actor.must_be(*AUDITORS)
    async with context.store.sessions() as session:
        return await audit.verify_chain(session)


async def proof(store: Store, row: int | None) -> tuple[ChainReport, str | None]:
    """Return whether the log is whole, and the hash of one of its rows.

    For the command line, which reads a store no process need run beside.
    """
    async with store.sessions() as session:
        report = await audit.verify_chain(session)
        return report, None if row is None else await queries.hash_at(session, row)
