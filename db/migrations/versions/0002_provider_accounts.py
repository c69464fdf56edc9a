"""Accounts at the providers, kept by the centre; when a client was last seen."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "provider_accounts",
        sa.Column("channel", sa.String(), primary_key=True, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )
    last_used_at = sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("clients", last_used_at)


def downgrade() -> None:
    """Drop both."""
    op.drop_column("clients", "last_used_at")
    op.drop_table("provider_accounts")
