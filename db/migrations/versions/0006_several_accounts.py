"""Several accounts a channel, their traffic, and the tokens processes share."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEPT = ("channel", "content", "set_by", "set_at")
# Who carried each channel while it had one provider; the others are named alike.
_PROVIDERS = {"sms": "aliyun", "email": "smtp"}


def upgrade() -> None:
    """Give each account a code, and carry over those there are as the first.

    What they hold stays sealed as it is: the first account's seal names the
    channel alone.
    """
    _rebuild(
        [
            sa.Column("channel", sa.String(), primary_key=True, nullable=False),
            sa.Column("code", sa.String(), primary_key=True, nullable=False),
            sa.Column("provider", sa.String(), nullable=False),
            sa.Column("weight", sa.Integer(), nullable=False),
            sa.Column("enabled", sa.Boolean(), nullable=False),
            sa.Column("max_concurrent", sa.Integer(), nullable=True),
            sa.Column("per_second", sa.Float(), nullable=True),
            *_sealed_columns(),
        ],
        {"code": "default", "weight": 100, "enabled": True},
    )
    op.add_column("attempts", sa.Column("account", sa.String(), nullable=True))
    op.create_table(
        "account_traffic",
        sa.Column("channel", sa.String(), primary_key=True, nullable=False),
        sa.Column("code", sa.String(), primary_key=True, nullable=False),
        sa.Column("deducted", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "provider_tokens",
        sa.Column("account", sa.String(), primary_key=True, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Keep the first account of each channel only."""
    op.drop_table("provider_tokens")
    op.drop_table("account_traffic")
    op.drop_column("attempts", "account")
    op.execute("DELETE FROM provider_accounts WHERE code <> 'default'")
    channel: sa.Column[Any] = sa.Column("channel", sa.String(), primary_key=True)
    _rebuild([channel, *_sealed_columns()], {})


def _sealed_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _rebuild(columns: list[sa.Column[Any]], added: dict[str, object]) -> None:
    """Make the table anew: SQLite can't change a primary key in place."""
    connection = op.get_bind()
    old = sa.Table("provider_accounts", sa.MetaData(), autoload_with=connection)
    rows = [
        {name: row[name] for name in _KEPT} | added
        for row in connection.execute(sa.select(old)).mappings()
    ]
    op.drop_table("provider_accounts")
    new = op.create_table("provider_accounts", *columns)
    for row in rows:
        if added:
            row["provider"] = _PROVIDERS.get(row["channel"], row["channel"])
    if rows:
        op.bulk_insert(new, rows)
