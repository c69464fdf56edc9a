"""Receipts: their addresses, those that came too early, what each said."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the columns."""
    op.create_table(
        "receipt_addresses",
        sa.Column("channel", sa.String(), primary_key=True, nullable=False),
        sa.Column("account", sa.String(), primary_key=True, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "parked_receipts",
        sa.Column("id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("provider_message_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "provider",
            "provider_message_id",
            "outcome",
            name="uq_parked_receipts_provider",
        ),
    )
    op.create_index("ix_parked_receipts_parked_at", "parked_receipts", ["parked_at"])
    for name in ("receipt_outcome", "receipt_code"):
        op.add_column("attempts", sa.Column(name, sa.String(), nullable=True))
    op.add_column(
        "attempts", sa.Column("receipt_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("receipt_at", "receipt_code", "receipt_outcome"):
        op.drop_column("attempts", name)
    op.drop_table("parked_receipts")
    op.drop_table("receipt_addresses")
