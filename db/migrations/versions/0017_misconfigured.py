"""An index over the calls that our own configuration failed: an alarm counts them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    where = sa.text("reason = 'misconfigured'")
    op.create_index(
        "ix_attempts_misconfigured",
        "attempts",
        ["ended_at"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_attempts_misconfigured", table_name="attempts")
