"""What providers said of people's addresses, and their one-time consents."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "standings",
        sa.Column("index_hmac", sa.String(), primary_key=True, nullable=False),
        sa.Column("channel", sa.String(), primary_key=True, nullable=False),
        sa.Column("message_type", sa.String(), primary_key=True, nullable=False),
        sa.Column("identity_type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("index_hmac", sa.String(), primary_key=True, nullable=False),
        sa.Column("template", sa.String(), primary_key=True, nullable=False),
        sa.Column("identity_type", sa.String(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("unlimited", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("consents")
    op.drop_table("standings")
