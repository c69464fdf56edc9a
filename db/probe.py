"""Whether the store can be written: one row, written over again."""

import os

from core.clock import utc_now
from db.probe_tables import WriteProbeRow
from db.session import Session
from db.sql import dialect_of, insert_into, table_of

# About as much as a message takes, and nothing that compresses: less might find
# room where a message finds none.
_BYTES = 8192


async def write_probe(session: Session) -> None:
    """Write, for the caller to commit; Unavailable where the disk is full.

    Busy, one of these, says only that others write.
    """
    table = table_of(WriteProbeRow)
    row = {"id": 1, "at": utc_now(), "filler": os.urandom(_BYTES)}
    put = insert_into(dialect_of(session), table).values(row)
    news = {name: put.excluded[name] for name in ("at", "filler")}
    await session.exec(put.on_conflict_do_update(index_elements=["id"], set_=news))
