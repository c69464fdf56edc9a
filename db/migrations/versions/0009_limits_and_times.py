"""Limits that all processes count together; quiet hours, windows and holidays."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _limits()
    _times()
    kind = sa.Column(
        "type_class", sa.String(), nullable=False, server_default="service"
    )
    op.add_column("message_types", kind)


def _limits() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "limit_counters",
        sa.Column("key", sa.String(), primary_key=True, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
    )
    op.create_index("ix_limit_counters_expires_at", "limit_counters", ["expires_at"])
    op.create_table(
        "limit_alarms",
        sa.Column("channel", sa.String(), primary_key=True, nullable=False),
        sa.Column("name", sa.String(), primary_key=True, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", moment, nullable=False),
    )


def _times() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "sending_rules",
        sa.Column("scope", sa.String(), primary_key=True, nullable=False),
        sa.Column("version", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", moment, nullable=False),
    )
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), primary_key=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("counts_as", sa.Integer(), nullable=False),
    )
    op.create_table(
        "cap_hits",
        sa.Column("key", sa.String(), primary_key=True, nullable=False),
        sa.Column("message_id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("type_class", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
    )
    op.create_index("ix_cap_hits_key_at", "cap_hits", ["key", "at"])
    op.create_index("ix_cap_hits_at", "cap_hits", ["at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_column("message_types", "type_class")
    for table in (
        "cap_hits",
        "holidays",
        "sending_rules",
        "limit_alarms",
        "limit_counters",
    ):
        op.drop_table(table)
