"""Proves the audit log: every row fits the one before, and none was cut off."""

import asyncio

from centre.audit import service as audit_log
from centre.keys.keys import check_keys
from core.process.faults import CannotStart
from core.settings import Settings
from db.store import Store, open_store
from db.versions import file_of
from deploy.remote import Refused


async def verify_log(settings: Settings, rows: int | None, head: str | None) -> str:
    """Return what to say of a whole log; Refused where it is not.

    `rows` and `head` were noted at an earlier time: row number `rows` must still
    have that hash. Reads the store itself, so that no process need run.
    """
    if (rows is None) != (head is None):
        raise CannotStart("give --rows and --head together, as noted earlier")
    store = await asyncio.to_thread(_store, settings)
    try:
        report, noted = await audit_log.proof(store, rows)
    finally:
        await store.close()
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


def _store(settings: Settings) -> Store:
    """Return the store, which must be there already, and its keys too."""
    file, keys = file_of(settings.database), settings.keys_file
    if file is not None and not file.exists():
        raise CannotStart(f"{file} is missing; is HMC_STATE_DIR right?")
    keyring = check_keys(settings.database, keys)
    if keyring is None:
        raise CannotStart(f"{keys} is missing; is HMC_STATE_DIR right?")
    return open_store(settings.database, keyring)
