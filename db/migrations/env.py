"""Runs migrations on the connection that `db.migrate` hands over."""

from alembic import context

from centre.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite can't alter a column: Alembic then copies the table.
    render_as_batch=True,
)
context.run_migrations()
