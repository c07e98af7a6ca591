"""Which older gateways may go on with the tables; on PostgreSQL, texts in the order of characters."""

from alembic import op

revision = "0012"
down_revision: str | None = "0011"

TABLES = (
    "owner", "deliveries", "effects", "sessions", "tokens", "key_values", "message_records", "outbox", "admin_requests",
    "audit", "users", "threads", "steps", "elements", "feedbacks", "scores", "documents", "replicas", "leases",
)  # fmt: skip
TEXTS = """SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS NULL
    AND (table_name, column_name) <> ('steps', 'output') ORDER BY table_name, ordinal_position"""


def upgrade() -> None:
    """Add the column; on PostgreSQL, give the columns the collation. That makes their indexes anew."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE owner ADD COLUMN oldest INTEGER DEFAULT 0 NOT NULL")
    if connection.dialect.name != "postgresql":
        return
    changes: dict[str, list[str]] = {}
    for table, column in connection.exec_driver_sql(TEXTS).fetchall():
        if table in TABLES:
            changes.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE TEXT COLLATE "C"')
    for table, each in changes.items():
        connection.exec_driver_sql(f"ALTER TABLE {table} {', '.join(each)}")
