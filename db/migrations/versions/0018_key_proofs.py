"""By what the keys are known again, and a row to see that the store can be written."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the proofs are written by whoever starts next."""
    op.create_table(
        "key_proofs",
        sa.Column("role", sa.String(), primary_key=True, nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
    )
    op.create_table(
        "write_probes",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filler", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("write_probes")
    op.drop_table("key_proofs")
