"""Messages that are told of in one: a type's digest, and which carries which."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "digest_members",
        sa.Column("message_id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("carrier", sa.Uuid(), nullable=True),
        sa.Column("at", moment, nullable=False),
    )
    for column in ("key", "carrier", "at"):
        op.create_index(f"ix_digest_members_{column}", "digest_members", [column])
    op.add_column("message_types", sa.Column("digest", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("message_types", "digest")
    op.drop_table("digest_members")
