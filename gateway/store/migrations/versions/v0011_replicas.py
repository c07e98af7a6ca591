"""On PostgreSQL: the tables of several replicas, and keys that begin with the conversation."""

from alembic import op

from gateway.store.core.distributed import STATEMENTS

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """Change the tables on PostgreSQL, where no gateway has run turns before; a SQLite file stays as it is."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for statement in STATEMENTS:
            connection.exec_driver_sql(statement)
