"""Who is named more than once in a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("batches", sa.Column("repeats", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("batches", "repeats")
