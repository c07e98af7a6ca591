"""Fewer indexes: fewer b-trees are written per event."""

from alembic import op

revision = "0002"
down_revision: str | None = "0001"

STATEMENTS = (
    # Fewer b-trees are written per event: what is done is pruned in the order of arrival, which needs no index, and
    # an effect is only ever found by its key. (Sessions keep their rowid: those in use are side by side by it. By
    # conversation they are spread over the table, which writes more pages per commit than the index on the key.)
    "DROP INDEX deliveries_closed",
    "CREATE INDEX deliveries_dead ON deliveries (closed_at) WHERE state = 2",
    """CREATE TABLE new_effects (
        delivery TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (delivery, ordinal)
    ) WITHOUT ROWID""",
    """INSERT INTO new_effects (delivery, ordinal, kind, body)
        SELECT delivery, ordinal, kind, body FROM effects ORDER BY delivery, ordinal""",
    "DROP TABLE effects",
    "ALTER TABLE new_effects RENAME TO effects",
)


def upgrade() -> None:
    """Run the statements, which are SQLite's: PostgreSQL has never had an older version."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
