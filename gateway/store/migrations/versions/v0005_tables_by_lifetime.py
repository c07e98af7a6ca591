"""A table for each group of small values with a lifetime of its own."""

from alembic import op

revision = "0005"
down_revision: str | None = "0004"

STATEMENTS = (
    # Each group of payloads with a lifetime of its own gets a table of its own.
    """CREATE TABLE tokens (
        key TEXT NOT NULL PRIMARY KEY,
        body BLOB NOT NULL,
        put_at REAL NOT NULL
    )""",
    "CREATE INDEX tokens_put_at ON tokens (put_at)",
    """CREATE TABLE key_values (
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        body BLOB NOT NULL,
        put_at REAL NOT NULL,
        PRIMARY KEY (owner, name)
    )""",
    "CREATE INDEX key_values_put_at ON key_values (owner, put_at)",
    """CREATE TABLE message_records (
        key TEXT NOT NULL PRIMARY KEY,
        body BLOB NOT NULL,
        put_at REAL NOT NULL
    )""",
    "CREATE INDEX message_records_put_at ON message_records (put_at)",
    """INSERT INTO tokens (key, body, put_at)
        SELECT token, body, put_at FROM payloads WHERE substr(token, 1, 2) = 's:'""",
    """INSERT INTO key_values (owner, name, body, put_at)
        SELECT 'adapter', substr(token, 9), body, put_at FROM payloads WHERE substr(token, 1, 8) = 'adapter:'""",
    """INSERT INTO key_values (owner, name, body, put_at)
        SELECT 'gateway', 'seal', body, put_at FROM payloads WHERE token = 'seal'""",
    """INSERT INTO key_values (owner, name, body, put_at)
        SELECT 'gateway', 'deaths', body, put_at FROM payloads WHERE token = 'gateway:deaths'""",
    """INSERT INTO message_records (key, body, put_at)
        SELECT token, body, put_at FROM payloads WHERE substr(token, 1, 2) IN ('m:', 'p:')""",
    "DROP TABLE payloads",
)


def upgrade() -> None:
    """Run the statements, which are SQLite's: PostgreSQL has never had an older version."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
