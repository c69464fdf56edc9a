"""Proves the audit log: every row fits the one before, and none was cut off."""

from pathlib import Path

from sqlalchemy.engine import make_url

from core.crypto import load_keyring
from core.settings import Settings
from deploy.faults import CannotStart
from deploy.remote import Refused
from store import audit, open_store
from store.audit import ChainReport


async def verify_log(settings: Settings, rows: int | None, head: str | None) -> str:
    """Return what to say of a whole log; Refused where it is not.

    `rows` and `head` were noted at an earlier time: row number `rows` must still
    have that hash. Reads the store itself, so that no process need run.
    """
    if (rows is None) != (head is None):
        raise CannotStart("give --rows and --head together, as noted earlier")
    report, noted = await _read(settings, rows)
    if report.broken_at is not None:
        raise Refused(
            f"Row {report.broken_at} does not fit the one before: it or an earlier "
            "one was changed or removed. Compare with the backup."
        )
    if noted != head:
        raise Refused(
            f"Row {rows} is not the one that was noted: the log was cut off or "
            "begun anew. Compare with the backup."
        )
    return f"The audit log is whole: {report.rows} rows, head {report.head}"


async def _read(settings: Settings, rows: int | None) -> tuple[ChainReport, str | None]:
    url = make_url(settings.database)
    is_file = url.get_backend_name() == "sqlite"
    for path in (settings.keys_file, *([Path(url.database or "")] if is_file else [])):
        if not path.exists():
            raise CannotStart(f"{path} is missing; is HMC_STATE_DIR right?")
    store = open_store(settings.database, load_keyring(settings.keys_file))
    try:
        async with store.sessions() as session:
            report = await audit.verify_chain(session)
            noted = None if rows is None else await audit.hash_at(session, rows)
    finally:
        await store.close()
    return report, noted
