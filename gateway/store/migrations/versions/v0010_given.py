"""What programs give of steps beside the documented columns, and threads in the order in which they began."""

from alembic import op

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    """Add the column in the words of the database, and the index."""
    connection = op.get_bind()
    kind = "TEXT" if connection.dialect.name == "sqlite" else "JSONB"
    connection.exec_driver_sql(f"ALTER TABLE steps ADD COLUMN given {kind}")
    connection.exec_driver_sql('CREATE INDEX threads_created ON threads ("createdAt")')
