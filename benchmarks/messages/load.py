"""A million messages for the messages page, made inside PostgreSQL."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from centre.catalog.plan import plan
from centre.messages.status import begin, skip_pending, with_outcome, with_status
from centre.people.owners import settled
from core.crypto import Keyring
from core.models import Message, Recipient
from core.policies import Policy, WeightedChannel
from core.words import Channel, IdentityType, Outcome, Priority, Reason, Status

PEOPLE = 100_000
DAYS = 60
CLIENTS = [
    "his",
    "lis",
    "pacs",
    "internet-hospital",
    "follow-up",
    "mini-program",
    "e-invoice",
    "surgery",
    "nursing",
    "emr",
    "quality-control",
    "self-service",
]
TYPES = [
    "registration-success",
    "registration-cancelled",
    "queue-call",
    "e-invoice",
    "lab-report",
    "exam-report",
    "exam-booking",
    "antenatal-check",
    "follow-up-result",
    "surgery-progress",
    "adverse-event",
    "service-reminder",
    "critical-value",
]
# Of a thousand messages; a hospital's few are what a search is slow at.
STATES = {
    Status.DELIVERED: 965,
    Status.FAILED: 20,
    Status.EXPIRED: 9,
    Status.CANCELLED: 5,
    Status.DELIVERING: 1,
}
_ID = UUID(int=0)
_NOW = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Loaded:
    """What was made: how much, and until when."""

    messages: int
    until: datetime


def mobile(person: int) -> str:
    """Return a made person's number."""
    return f"+86138{person:08d}"


def load(url: str, keyring: Keyring, count: int) -> Loaded:
    """Fill a migrated database; indexes are there already, as in a hospital."""
    until = datetime.now(UTC).replace(microsecond=0)
    plain = url.replace("postgresql+psycopg", "postgresql", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        _people(connection, keyring)
        _shapes(connection, keyring)
        for number in range(0, count, 50_000):
            size = min(50_000, count - number)
            values = {"first": number, "last": number + size - 1, "count": count}
            connection.execute(_MESSAGES, values | {"until": until, "days": DAYS})
        connection.execute(_IDENTITIES)
        connection.execute("VACUUM ANALYZE")
    return Loaded(count, until)


def _people(
    connection: psycopg.Connection[tuple[object, ...]], keyring: Keyring
) -> None:
    """Put everybody into the index, each with as many identities as a patient has."""
    connection.execute(
        "CREATE TEMP TABLE someone"
        " (n int PRIMARY KEY, mobile text, settled text, empi text)"
    )
    with connection.cursor() as cursor, cursor.copy("COPY someone FROM STDIN") as copy:
        for person in range(PEOPLE):
            number = keyring.index(IdentityType.MOBILE, mobile(person))
            own = keyring.index(IdentityType.EMPI_ID, f"B{person:07d}")
            copy.write_row((person, number, settled(keyring, number), own))
    connection.execute(_ENTRIES)
    connection.execute(_ENTRY_IDENTITIES)


def _shapes(
    connection: psycopg.Connection[tuple[object, ...]], keyring: Keyring
) -> None:
    """Write one status document of each end, a sealed message, and the odds."""
    connection.execute(
        "CREATE TEMP TABLE shape"
        " (low int, high int, status text, doc text, sealed text)"
    )
    sealed = keyring.seal_text(_message().model_dump_json(), "messages.message")
    low = 0
    for status, share in STATES.items():
        doc = _document(status)
        row = (low, low + share, status.value, doc, sealed)
        connection.execute("INSERT INTO shape VALUES (%s, %s, %s, %s, %s)", row)
        low += share
    for name, words in (("client", CLIENTS), ("kind", TYPES)):
        connection.execute(f"CREATE TEMP TABLE {name} (n int, code text)".encode())
        statement = f"INSERT INTO {name} VALUES (%s, %s)".encode()
        for number, code in enumerate(words):
            connection.execute(statement, (number, code))


def _message() -> Message:
    weights = {Channel.WECHAT: 0.8, Channel.SMS: 0.4, Channel.WECOM: 0.2}
    channels = tuple(WeightedChannel(channel=c, weight=w) for c, w in weights.items())
    identities = {IdentityType.MOBILE: mobile(0), IdentityType.EMPI_ID: "B0000000"}
    return Message(
        id=_ID,
        client="CLIENT",
        type="TYPE",
        priority=Priority.NORMAL,
        recipient=Recipient(identities=identities, name="患者甲"),
        params={"patient": "患者甲", "time": "2026-11-24 09:30"},
        plan=plan(Policy(channels=channels)),
        reference="REFERENCE",
        created_at=_NOW,
    )


def _document(status: Status) -> str:
    """Return a message's status document at its end, as the centre would write it."""
    doc = begin(_message())
    if status is Status.DELIVERED:
        doc = with_outcome(doc, Channel.WECHAT, Outcome.ACCEPTED, _NOW, attempts=1)
        doc = skip_pending(doc, Reason.POLICY_SATISFIED, _NOW)
    elif status is Status.FAILED:
        for channel in doc.plan.channels:
            reason = Reason.REJECTED
            doc = with_outcome(doc, channel, Outcome.FAILED, _NOW, reason, attempts=1)
    doc = with_status(with_status(doc, Status.DELIVERING, _NOW), status, _NOW)
    return doc.model_dump_json(exclude={"acknowledgement"})


# Ids and times run together, as with UUIDs of version 7; clients and types are
# unevenly frequent (squares), states by the table of odds.
_MESSAGES = b"""
INSERT INTO messages (id, client, type, priority, status, reference, run,
                      created_at, updated_at, resendable_until, doc,
                      acknowledgement, message, writes)
SELECT m.id, c.code, k.code, 'normal', s.status,
       CASE WHEN m.n %% 3 > 0 THEN 'REF-' || m.n END, 1, m.at, m.at + interval '2 s',
       CASE WHEN s.status = 'failed' THEN m.at + interval '72 h' END,
       replace(replace(replace(replace(replace(s.doc,
           '00000000-0000-0000-0000-000000000000', m.id::text),
           '2000-01-01T00:00:00Z', to_char(m.at AT TIME ZONE 'UTC',
                                           'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
           'CLIENT', c.code), 'TYPE', k.code), 'REFERENCE', 'REF-' || m.n),
       NULL, s.sealed, 3
FROM (SELECT n, at, lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
             AS moment,
             (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
              || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid
             AS id,
             floor(random() * 1000)::int AS odds,
             floor(power(random(), 2) * 12)::int AS client,
             floor(power(random(), 2) * 13)::int AS kind
      FROM (SELECT n, %(until)s::timestamptz
                   - make_interval(secs => (%(count)s::int - n) * 86400.0
                                           * %(days)s::int / %(count)s::int) AS at
            FROM generate_series(%(first)s::int, %(last)s::int) AS n) AS numbered) AS m
JOIN shape s ON m.odds >= s.low AND m.odds < s.high
JOIN client c ON c.n = m.client
JOIN kind k ON k.n = m.kind
"""
_ENTRIES = b"""
INSERT INTO people (id, kind, key_index, name, created_at, updated_at)
SELECT md5('p' || n)::uuid, 'patient', empi, '', now(), now() FROM someone
"""
_ENTRY_IDENTITIES = b"""
INSERT INTO person_identities (person_id, type, index_hmac, value)
SELECT md5('p' || n)::uuid, kind,
       CASE kind WHEN 'mobile' THEN mobile WHEN 'empi_id' THEN empi
                 ELSE md5(kind || n) || md5(n || kind) END, ''
FROM someone CROSS JOIN unnest(ARRAY['empi_id', 'mobile', 'patient_id', 'id_card',
    'outpatient_no', 'wechat_openid', 'wechat_mini_openid', 'email']) AS kind
"""
_IDENTITIES = f"""
INSERT INTO message_identities (index_hmac, created_at, message_id)
SELECT CASE WHEN which = 0 THEN s.settled ELSE s.empi END, m.created_at, m.id
FROM (SELECT id, created_at, floor(random() * {PEOPLE})::int AS person FROM messages) m
JOIN someone s ON s.n = m.person
CROSS JOIN generate_series(0, 1) AS which
""".encode()


def people(count: int) -> Iterator[str]:
    """Yield numbers of made people, at random."""
    rng = random.Random(1)
    for _ in range(count):
        yield mobile(rng.randrange(PEOPLE))
