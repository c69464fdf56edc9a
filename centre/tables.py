"""Every table there is: for migrations, which compare them with the database."""

from centre.access import tables as access_tables
from centre.accounts import tables as route_tables
from centre.audit import tables as audit_tables
from centre.batches import tables as batch_tables
from centre.catalog import tables as setup_tables
from centre.clients import tables as client_tables
from centre.delivery import tables as attempt_tables
from centre.keys import tables as key_tables
from centre.messages import tables as message_tables
from centre.people import tables as people_tables
from centre.providers import tables as provider_tables
from centre.queues import tables as work_tables
from centre.rate_limits import tables as limit_tables
from centre.reachability import tables as standing_tables
from centre.receipts import tables as receipt_tables
from centre.schedule import tables as when_tables
from centre.watch import tables as alarm_tables
from centre.workstations import tables as workstation_tables
from db import lease_tables, probe_tables
from db.rows import Row

MODULES = (
    access_tables,
    alarm_tables,
    attempt_tables,
    audit_tables,
    batch_tables,
    client_tables,
    key_tables,
    lease_tables,
    limit_tables,
    message_tables,
    people_tables,
    probe_tables,
    provider_tables,
    receipt_tables,
    route_tables,
    setup_tables,
    standing_tables,
    when_tables,
    work_tables,
    workstation_tables,
)
METADATA = Row.metadata
