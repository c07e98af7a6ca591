"""Alembic's environment: runs revisions on the connection it is handed, in the transaction that is open there."""

from alembic import context

from gateway.store.core.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
