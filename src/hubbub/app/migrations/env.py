"""Alembic's entry: runs scripts on the connection that `hubbub.app.migrations` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from hubbub.app.migrations import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    compare_type=True,
    # SQLite undoes table changes like any other, once a transaction was begun.
    transactional_ddl=True,
)
context.run_migrations()
