"""The parts of long texts, each with a number and a receipt of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "attempt_parts",
        sa.Column("attempt_id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("number", sa.String(), primary_key=True, nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
    )
    op.create_index("ix_attempt_parts_number", "attempt_parts", ["number"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("attempt_parts")
