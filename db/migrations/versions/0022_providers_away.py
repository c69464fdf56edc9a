"""How long types wait for a provider that is away, and which messages do."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    retry = sa.Column("retry_seconds", sa.Integer(), nullable=True)
    op.add_column("message_types", retry)
    back: sa.Column[bool] = sa.Column(
        "resend_when_back", sa.Boolean(), nullable=False, server_default=sa.true()
    )
    op.add_column("message_types", back)
    for name in ("away", "away_account"):
        op.add_column("messages", sa.Column(name, sa.String(), nullable=True))
    present = sa.text("away IS NOT NULL")
    op.create_index(
        "ix_messages_away",
        "messages",
        ["away", "status", "created_at"],
        sqlite_where=present,
        postgresql_where=present,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_messages_away", "messages")
    for name in ("away_account", "away"):
        op.drop_column("messages", name)
    for name in ("resend_when_back", "retry_seconds"):
        op.drop_column("message_types", name)
