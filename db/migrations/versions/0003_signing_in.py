"""Second factors, recovery codes, password history, sessions of the console."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NEW_FACTS = ("totp_secret", "totp_step", "must_change_password", "signed_in_at")


def upgrade() -> None:
    """Make the columns and the tables."""
    moment = sa.DateTime(timezone=True)
    op.add_column("users", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("totp_step", sa.Integer(), nullable=True))
    must_change: sa.Column[bool] = sa.Column(
        "must_change_password",
        sa.Boolean(),
        nullable=False,
        server_default=sa.false(),
    )
    op.add_column("users", must_change)
    op.add_column("users", sa.Column("signed_in_at", moment, nullable=True))
    op.create_table(
        "recovery_codes",
        sa.Column("username", sa.String(), primary_key=True, nullable=False),
        sa.Column("code_hash", sa.String(), primary_key=True, nullable=False),
        sa.ForeignKeyConstraint(["username"], ["users.username"]),
    )
    op.create_table(
        "old_passwords",
        sa.Column("username", sa.String(), primary_key=True, nullable=False),
        sa.Column("set_at", moment, primary_key=True, nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["username"], ["users.username"]),
    )
    op.create_table(
        "console_sessions",
        sa.Column("token_hash", sa.String(), primary_key=True, nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["username"], ["users.username"]),
    )
    op.create_index("ix_console_sessions_username", "console_sessions", ["username"])
    op.create_index("ix_console_sessions_seen_at", "console_sessions", ["seen_at"])


def downgrade() -> None:
    """Drop them."""
    for table in ("console_sessions", "old_passwords", "recovery_codes"):
        op.drop_table(table)
    for column in _NEW_FACTS:
        op.drop_column("users", column)
