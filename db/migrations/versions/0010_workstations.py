"""What workstations are to show, in order, and who confirmed it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEX = "ix_messages_unacknowledged"
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    off = sa.false()
    for column in (
        sa.Column("acknowledge", sa.Boolean(), nullable=False, server_default=off),
        sa.Column("read_back_param", sa.String(), nullable=True),
        sa.Column("correction", sa.String(), nullable=True),
    ):
        op.add_column("message_types", column)
    op.add_column("messages", sa.Column("unacknowledged_since", _MOMENT, nullable=True))
    where = sa.text("unacknowledged_since IS NOT NULL")
    op.create_index(
        _INDEX,
        "messages",
        ["unacknowledged_since", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    _workstations()
    _popups()


def _workstations() -> None:
    op.create_table(
        "workstations",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("last_seen_at", _MOMENT, nullable=True),
        sa.Column("connected_until", _MOMENT, nullable=True),
    )
    op.create_table(
        "workstation_addresses",
        sa.Column("workstation_id", sa.String(), primary_key=True),
        sa.Column("index_hmac", sa.String(), primary_key=True),
        sa.ForeignKeyConstraint(
            ["workstation_id"],
            ["workstations.id"],
            name="fk_workstation_addresses_workstation_id_workstations",
        ),
    )
    op.create_index(
        "ix_workstation_addresses_index_hmac", "workstation_addresses", ["index_hmac"]
    )


def _popups() -> None:
    seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "popups",
        sa.Column("seq", seq, primary_key=True, autoincrement=True),
        sa.Column("workstation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("staged_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expire_at", _MOMENT, nullable=False),
        sa.UniqueConstraint(
            "delivery_id",
            "workstation_id",
            "kind",
            name="uq_popups_delivery_id_workstation_id_kind",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_popups_workstation_id_seq", "popups", ["workstation_id", "seq"])
    op.create_index("ix_popups_created_at", "popups", ["created_at"])


def downgrade() -> None:
    """Drop them."""
    for table in ("popups", "workstation_addresses", "workstations"):
        op.drop_table(table)
    op.drop_index(_INDEX, "messages")
    op.drop_column("messages", "unacknowledged_since")
    for column in ("correction", "read_back_param", "acknowledge"):
        op.drop_column("message_types", column)
