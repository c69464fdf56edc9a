"""Every table there is: for migrations, which compare them with the database."""

from db import lease_tables, probe_tables
from db.rows import Row
from store import (
    access_tables,
    alarm_tables,
    attempt_tables,
    audit_tables,
    batch_tables,
    client_tables,
    key_tables,
    limit_tables,
    message_tables,
    part_tables,
    people_tables,
    provider_tables,
    receipt_tables,
    route_tables,
    setup_tables,
    standing_tables,
    when_tables,
    work_tables,
    workstation_tables,
)

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
    part_tables,
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
