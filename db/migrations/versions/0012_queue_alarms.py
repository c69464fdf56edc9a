"""What queues are watched for, and the alarms raised."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_SWITCHES = ("critical_passes_pause", "critical_queue")


def upgrade() -> None:
    """Make the tables."""
    off = sa.false()
    for name in _SWITCHES:
        column: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), nullable=False, server_default=off
        )
        op.add_column("queue_settings", column)
    op.create_table(
        "watch_rules",
        sa.Column("scope", sa.String(), primary_key=True, nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("raised_at", _MOMENT, nullable=False),
        sa.Column("cleared_at", _MOMENT, nullable=True),
        sa.Column("told_at", _MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("acknowledged_at", _MOMENT, nullable=True),
    )
    op.create_index("ix_alarms_cleared_at", "alarms", ["cleared_at"])
    op.create_index("ix_alarms_raised_at_id", "alarms", ["raised_at", "id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("alarms")
    op.drop_table("watch_rules")
    for name in _SWITCHES:
        op.drop_column("queue_settings", name)
