"""Sign-ins are counted by name and place; a name under attack raises an alarm."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and the columns that say whose name it is."""
    op.create_table(
        "sign_in_paces",
        sa.Column("key", sa.String(), primary_key=True, nullable=False),
        sa.Column("free_at", _TIME, nullable=False),
    )
    op.create_index("ix_sign_in_paces_free_at", "sign_in_paces", ["free_at"])
    op.create_table(
        "sign_in_places",
        sa.Column("username", sa.String(), primary_key=True, nullable=False),
        sa.Column("place", sa.String(), primary_key=True, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["username"], ["users.username"]),
    )
    for table in ("sign_ins", "alarms"):
        op.add_column(table, sa.Column("username", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for table in ("alarms", "sign_ins"):
        op.drop_column(table, "username")
    op.drop_table("sign_in_places")
    op.drop_index("ix_sign_in_paces_free_at", "sign_in_paces")
    op.drop_table("sign_in_paces")
