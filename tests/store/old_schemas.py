"""Databases as gateways before Alembic made them: their numbered list of migrations, as it was."""

import sqlite3
from pathlib import Path
from typing import TypeAlias

Migration: TypeAlias = tuple[str, ...]

MIGRATIONS: tuple[Migration, ...] = (
    (
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
    ),
    (
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
    ),
    (
        # The body of another delivery of the same message, which may say what the first one did not.
        "ALTER TABLE deliveries ADD COLUMN twin BLOB",
        # Ends of sessions in their former form, which could be taken for an adapter's now; an idle session is found
        # again.
        """UPDATE deliveries SET state = 1, closed_at = received_at, ref = NULL, body = NULL
            WHERE state = 0 AND substr(body, 1, 11) = CAST('{"gateway":' AS BLOB)
            AND (substr(key, 1, length(conversation) + 6) = conversation || ':idle:'
            OR substr(key, 1, length(conversation) + 9) = conversation || ':removed:')""",
    ),
    (
        # Ids (separated by blanks) of the messages its turn posted, where a platform finds messages only by text.
        "ALTER TABLE deliveries ADD COLUMN posted TEXT",
    ),
    (
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
    ),
)


def make(path: Path, version: int) -> sqlite3.Connection:
    """Make the database of a version at a path, whose folder is made too, and return a connection to it."""
    path.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    for number in range(1, version + 1):
        connection.execute("BEGIN IMMEDIATE")
        if number == 1:
            connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
            connection.execute("INSERT INTO schema_version (version) VALUES (0)")
        for statement in MIGRATIONS[number - 1]:
            connection.execute(statement)
        connection.execute("UPDATE schema_version SET version = ?", (number,))
        connection.execute("COMMIT")
    return connection
