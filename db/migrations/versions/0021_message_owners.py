"""How far the messages of earlier versions have been given to whose they are."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; where there are messages, the work begins at the newest."""
    made = op.create_table(
        "catch_ups",
        sa.Column("name", sa.String(), primary_key=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
    )
    old = sa.table("messages", sa.column("created_at", sa.DateTime(timezone=True)))
    newest = sa.select(
        sa.literal("message-owners"),
        old.c.created_at,
        sa.literal(uuid.UUID(int=2**128 - 1), sa.Uuid()),
        sa.literal(0),
    )
    newest = newest.order_by(old.c.created_at.desc()).limit(1)
    op.execute(sa.insert(made).from_select(["name", "at", "id", "done"], newest))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("catch_ups")
