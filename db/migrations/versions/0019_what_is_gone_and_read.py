"""What is taken back is gone; an inbox is read; an opt-out says how it came."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TIMES = ("expires_at", "told_at")


def upgrade() -> None:
    """Make the table, the columns and what finds them."""
    op.create_table(
        "removals",
        sa.Column("message_id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    for name in _TIMES:
        at = sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        op.add_column("inbox", at)
    for table in ("inbox", "popups"):
        op.create_index(f"ix_{table}_message_id", table, ["message_id"])
    op.create_index("ix_inbox_created_at", "inbox", ["created_at"])
    present = sa.text("expires_at IS NOT NULL")
    op.create_index(
        "ix_inbox_expires_at",
        "inbox",
        ["expires_at"],
        sqlite_where=present,
        postgresql_where=present,
    )
    op.add_column("preferences", sa.Column("source", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("preferences", "source")
    op.drop_index("ix_inbox_expires_at", "inbox")
    op.drop_index("ix_inbox_created_at", "inbox")
    for table in ("popups", "inbox"):
        op.drop_index(f"ix_{table}_message_id", table)
    for name in _TIMES:
        op.drop_column("inbox", name)
    op.drop_table("removals")
