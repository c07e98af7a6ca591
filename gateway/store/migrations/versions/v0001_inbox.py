"""The inbox: the owner, deliveries, journals, sessions, and small values in one table."""

from alembic import op

revision = "0001"
down_revision: str | None = None

STATEMENTS = (
    # The owner of the database. last_seq outlives the deliveries it counted, so that a seq is never given twice.
    # checked_at: the last proof that a commit works.
    """CREATE TABLE owner (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        epoch INTEGER NOT NULL,
        last_seq INTEGER NOT NULL,
        checked_at REAL NOT NULL
    )""",
    "INSERT INTO owner (one, epoch, last_seq, checked_at) VALUES (1, 0, 0, 0)",
    # started: the epoch of the owner that began its turn, 0 for none. closed_at: when it became done or dead.
    """CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        conversation TEXT NOT NULL,
        ref BLOB,
        body BLOB,
        received_at REAL NOT NULL,
        state INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        interrupted INTEGER NOT NULL DEFAULT 0,
        revived INTEGER NOT NULL DEFAULT 0,
        started INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        closed_at REAL,
        error TEXT
    )""",
    "CREATE INDEX deliveries_open ON deliveries (seq) WHERE state = 0",
    "CREATE INDEX deliveries_open_in ON deliveries (conversation, seq) WHERE state = 0",
    "CREATE INDEX deliveries_closed ON deliveries (state, closed_at) WHERE closed_at IS NOT NULL",
    """CREATE TABLE effects (
        delivery TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (delivery, ordinal)
    )""",
    """CREATE TABLE sessions (
        conversation TEXT NOT NULL PRIMARY KEY,
        id TEXT NOT NULL,
        ref BLOB,
        opened_by BLOB,
        data BLOB,
        started_at REAL NOT NULL,
        last_at REAL NOT NULL,
        ended_at REAL
    )""",
    "CREATE INDEX sessions_idle ON sessions (last_at) WHERE ended_at IS NULL",
    "CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL",
    """CREATE TABLE payloads (
        token TEXT NOT NULL PRIMARY KEY,
        body BLOB NOT NULL,
        put_at REAL NOT NULL
    )""",
    "CREATE INDEX payloads_put_at ON payloads (put_at)",
)


def upgrade() -> None:
    """Run the statements, which are SQLite's: PostgreSQL has never had an older version."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
