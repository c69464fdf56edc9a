"""Until when a failed message can be sent again, where it can be searched."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEX = "ix_messages_resendable"
_BATCH = 1000


def upgrade() -> None:
    """Add the column and its index, and fill them for what has failed."""
    moment = sa.DateTime(timezone=True)
    op.add_column("messages", sa.Column("resendable_until", moment, nullable=True))
    _fill()
    where = sa.text("resendable_until IS NOT NULL")
    op.create_index(
        _INDEX,
        "messages",
        ["resendable_until"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _fill() -> None:
    """Take the time out of each status document; the databases spell it apart."""
    messages = sa.table(
        "messages",
        sa.column("id", sa.Uuid()),
        sa.column("status", sa.String()),
        sa.column("doc", sa.Text()),
        sa.column("resendable_until", sa.DateTime(timezone=True)),
    )
    failed = sa.select(messages.c.id, messages.c.doc).order_by(messages.c.id)
    failed = failed.where(messages.c.status == "failed").limit(_BATCH)
    bind = op.get_bind()
    rows = bind.execute(failed).all()
    while rows:
        for row in rows:
            until = json.loads(row.doc).get("resendable_until")
            if until is not None:
                change = sa.update(messages).where(messages.c.id == row.id)
                at = datetime.fromisoformat(until)
                bind.execute(change.values(resendable_until=at))
        rows = bind.execute(failed.where(messages.c.id > rows[-1].id)).all()


def downgrade() -> None:
    """Drop both."""
    op.drop_index(_INDEX, "messages")
    op.drop_column("messages", "resendable_until")
