"""Queues that people steer and watch; leases; why an attempt failed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the column."""
    op.create_table(
        "queue_settings",
        sa.Column("client", sa.String(), primary_key=True, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("per_second", sa.Float(), nullable=True),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "queue_samples",
        sa.Column("client", sa.String(), primary_key=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True, nullable=False),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("oldest_age_seconds", sa.Float(), nullable=False),
        sa.Column("added_per_second", sa.Float(), nullable=False),
        sa.Column("dispatched_per_second", sa.Float(), nullable=False),
        sa.Column("pollers", sa.Integer(), nullable=False),
    )
    op.create_index("ix_queue_samples_at", "queue_samples", ["at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), primary_key=True, nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("attempts", sa.Column("reason", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("attempts", "reason")
    op.drop_table("leases")
    op.drop_table("queue_samples")
    op.drop_table("queue_settings")
