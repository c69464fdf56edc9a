"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What refers to another table stands after it.
TABLES = (
    "message_types",
    "policies",
    "templates",
    "type_channels",
    "channels",
    "identity_types",
    "clients",
    "client_secrets",
    "people",
    "person_identities",
    "preferences",
    "messages",
    "message_identities",
    "attempts",
    "inbox",
    "users",
    "sign_ins",
    "audit",
)


def upgrade() -> None:
    """Make every table and its indexes."""
    _catalogue()
    _dictionaries()
    _clients()
    _people()
    _messages()
    _deliveries()
    _users()


def downgrade() -> None:
    """Drop every table."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _catalogue() -> None:
    op.create_table(
        "message_types",
        _word("code", key=True),
        *(_word(name) for name in ("name", "name_en", "priority")),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        *(_time(name) for name in ("created_at", "updated_at")),
    )
    op.create_table(
        "policies",
        _word("type_code", key=True),
        _number("version", key=True),
        sa.Column("policy", sa.JSON(), nullable=False),
        _word("set_by"),
        _time("set_at"),
        _reference("type_code", "message_types.code"),
    )
    op.create_table(
        "templates",
        _word("type_code", key=True),
        _word("channel", key=True),
        _number("version", key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "body")),
        _word("provider_template", null=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        _word("created_by"),
        _time("created_at"),
        _reference("type_code", "message_types.code"),
    )
    op.create_table(
        "type_channels",
        _word("type_code", key=True),
        _word("channel", key=True),
        _number("version"),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        _reference("type_code", "message_types.code"),
    )


def _dictionaries() -> None:
    op.create_table(
        "channels",
        _word("code", key=True),
        _number("position"),
        _word("name"),
        _word("name_en"),
        sa.Column("cost_per_message", sa.Float(), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        _word("provider_account", null=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "identity_types",
        _word("code", key=True),
        _number("position"),
        _word("name"),
        _word("name_en"),
        *(sa.Column(n, sa.Boolean(), nullable=False) for n in ("sensitive", "enabled")),
    )


def _clients() -> None:
    op.create_table(
        "clients",
        _word("code", key=True),
        _word("appkey"),
        _word("name"),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("message_types", sa.JSON(), nullable=True),
        sa.Column("cidrs", sa.JSON(), nullable=False),
        _number("rate_per_minute", null=True),
        _word("callback_url", null=True),
        sa.Column("callback_allow", sa.JSON(), nullable=False),
        sa.Column("callback_secret", sa.Text(), nullable=True),
        _number("epoch"),
        *(_time(name) for name in ("created_at", "updated_at")),
        sa.UniqueConstraint("appkey"),
    )
    op.create_table(
        "client_secrets",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _word("client_code"),
        _word("secret_hash"),
        _time("created_at"),
        *(_time(name, null=True) for name in ("expires_at", "revoked_at")),
        _reference("client_code", "clients.code"),
    )
    _index("client_secrets", "client_code")


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _word("kind"),
        _word("key_index"),
        sa.Column("name", sa.Text(), nullable=False),
        *(_time(name) for name in ("created_at", "updated_at")),
        sa.UniqueConstraint("key_index"),
    )
    op.create_table(
        "person_identities",
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        _word("type", key=True),
        _word("index_hmac"),
        sa.Column("value", sa.Text(), nullable=False),
        _reference("person_id", "people.id"),
    )
    _index("person_identities", "index_hmac")
    keys = ("index_hmac", "channel", "message_type")
    op.create_table(
        "preferences",
        *(_word(name, key=True) for name in keys),
        _word("identity_type"),
        _time("since"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(_word(name) for name in ("client", "type", "priority", "status")),
        _word("reference", null=True),
        _number("run"),
        *(_time(name) for name in ("created_at", "updated_at")),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.Column("acknowledgement", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        _number("writes"),
    )
    for lead in ("", "status", "type", "client", "client status", "client type"):
        _index("messages", *lead.split(), "created_at", "id")
    columns = ("reference", "created_at", "id")
    _index("messages", *columns, name="ix_messages_reference", present="reference")
    op.create_table(
        "message_identities",
        _word("index_hmac", key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("message_id", sa.Uuid(), primary_key=True),
    )


def _deliveries() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(
            sa.Column(n, sa.Uuid(), nullable=False)
            for n in ("delivery_id", "message_id")
        ),
        *(_word(name) for name in ("channel", "provider")),
        _number("number"),
        _word("state"),
        *(_word(name, null=True) for name in ("code", "provider_message_id")),
        _time("started_at"),
        _time("ended_at", null=True),
    )
    _index("attempts", "delivery_id", "number")
    _index("attempts", "message_id")
    receipt = "provider_message_id"
    _index("attempts", receipt, name="ix_attempts_receipt", present=receipt)
    op.create_table(
        "inbox",
        sa.Column("delivery_id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        _word("owner_index"),
        sa.Column("content", sa.Text(), nullable=False),
        _time("created_at"),
        _time("read_at", null=True),
    )
    _index("inbox", "owner_index", "created_at", "delivery_id")


def _users() -> None:
    op.create_table(
        "users",
        _word("username", key=True),
        *(_word(name) for name in ("name", "role", "password_hash")),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        _number("epoch"),
        *(_time(name) for name in ("created_at", "password_set_at")),
    )
    op.create_table(
        "sign_ins",
        _word("name_index", key=True),
        _number("failures"),
        _time("last_at"),
        _time("locked_until", null=True),
    )
    _index("sign_ins", "last_at")
    op.create_table(
        "audit",
        _number("number", key=True),
        _time("at"),
        *(_word(name) for name in ("who", "role")),
        _word("address", null=True),
        *(_word(name) for name in ("action", "target")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("before", "after")),
        _word("hash"),
    )
    _index("audit", "target", "number")
    _index("audit", "who", "number")


def _word(name: str, *, key: bool = False, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), primary_key=key, nullable=null)


def _number(name: str, *, key: bool = False, null: bool = False) -> sa.Column[Any]:
    return sa.Column(
        name, sa.Integer(), primary_key=key, autoincrement=False, nullable=null
    )


def _time(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _reference(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target])


def _index(
    table: str, *columns: str, name: str | None = None, present: str | None = None
) -> None:
    """Make an index, perhaps only over the rows where a column is not null."""
    where = sa.text(f"{present} IS NOT NULL") if present else None
    op.create_index(
        name or f"ix_{table}_{'_'.join(columns)}",
        table,
        list(columns),
        sqlite_where=where,
        postgresql_where=where,
    )
