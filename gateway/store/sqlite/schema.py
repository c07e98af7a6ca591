"""The schema of the database: a numbered list of migrations, applied in order.

``gateway.store.core.tables`` defines what the tables are like after the last one.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from gateway.errors import SettingsError

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
    (
        # What is kept of conversations, what waits for a data layer elsewhere, and what administrators ask and did.
        """CREATE TABLE users (
            id TEXT NOT NULL,
            identifier TEXT NOT NULL,
            "createdAt" TEXT,
            metadata TEXT NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (identifier)
        )""",
        """CREATE TABLE threads (
            id TEXT NOT NULL,
            "createdAt" TEXT,
            "updatedAt" TEXT,
            name TEXT,
            "userId" TEXT,
            "userIdentifier" TEXT,
            tags TEXT,
            metadata TEXT,
            conversation TEXT DEFAULT '' NOT NULL,
            platform TEXT,
            ref BLOB,
            PRIMARY KEY (id)
        )""",
        "CREATE INDEX threads_conversation ON threads (conversation)",
        'CREATE INDEX threads_updated ON threads ("updatedAt")',
        'CREATE INDEX threads_user ON threads ("userId", "createdAt")',
        """CREATE TABLE steps (
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            type TEXT NOT NULL,
            "threadId" TEXT NOT NULL,
            "parentId" TEXT,
            streaming BOOLEAN,
            "waitForAnswer" BOOLEAN,
            "isError" BOOLEAN,
            metadata TEXT,
            tags TEXT,
            input TEXT,
            output TEXT,
            "createdAt" TEXT,
            command TEXT,
            start TEXT,
            "end" TEXT,
            generation TEXT,
            "showInput" TEXT,
            language TEXT,
            indent INTEGER,
            "defaultOpen" BOOLEAN,
            "autoCollapse" BOOLEAN,
            "userIdentifier" TEXT,
            PRIMARY KEY (id)
        )""",
        'CREATE INDEX steps_thread ON steps ("threadId")',
        'CREATE INDEX steps_user ON steps ("userIdentifier")',
        """CREATE TABLE elements (
            id TEXT NOT NULL,
            "threadId" TEXT,
            type TEXT,
            url TEXT,
            "chainlitKey" TEXT,
            name TEXT NOT NULL,
            display TEXT,
            "objectKey" TEXT,
            size TEXT,
            page INTEGER,
            language TEXT,
            "forId" TEXT,
            mime TEXT,
            props TEXT,
            "autoPlay" BOOLEAN,
            "playerConfig" TEXT,
            "userIdentifier" TEXT,
            PRIMARY KEY (id)
        )""",
        'CREATE INDEX elements_for ON elements ("forId")',
        'CREATE INDEX elements_object ON elements ("objectKey") WHERE "objectKey" IS NOT NULL',
        'CREATE INDEX elements_thread ON elements ("threadId")',
        'CREATE INDEX elements_user ON elements ("userIdentifier")',
        """CREATE TABLE feedbacks (
            id TEXT NOT NULL,
            "forId" TEXT NOT NULL,
            "threadId" TEXT,
            value INTEGER NOT NULL,
            comment TEXT,
            "userIdentifier" TEXT,
            "createdAt" TEXT,
            PRIMARY KEY (id)
        )""",
        'CREATE INDEX feedbacks_for ON feedbacks ("forId")',
        'CREATE INDEX feedbacks_user ON feedbacks ("userIdentifier")',
        """CREATE TABLE outbox (
            seq INTEGER NOT NULL,
            thread TEXT NOT NULL,
            body BLOB NOT NULL,
            put_at REAL NOT NULL,
            attempts INTEGER DEFAULT 0 NOT NULL,
            not_before REAL DEFAULT 0 NOT NULL,
            error TEXT,
            PRIMARY KEY (seq)
        )""",
        "CREATE INDEX outbox_thread ON outbox (thread, seq)",
        """CREATE TABLE admin_requests (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            argument TEXT NOT NULL,
            asked_at REAL NOT NULL,
            done_at REAL,
            result TEXT
        )""",
        """CREATE TABLE audit (
            id INTEGER NOT NULL,
            at TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT,
            details TEXT,
            PRIMARY KEY (id)
        )""",
    ),
)


def version(connection: sqlite3.Connection) -> int:
    """Return the schema's version, 0 for an empty database. Raises ``SettingsError`` for a database of another
    program."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        return 0
    row = connection.execute("SELECT version FROM schema_version").fetchone() if "schema_version" in names else None
    if row is None or "deliveries" not in names:
        raise SettingsError("it belongs to another program: let DATABASE_URL name a file of the gateway's own")
    return int(row[0])


def check_current(connection: sqlite3.Connection, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Raise ``SettingsError`` unless the schema is exactly the one this code knows."""
    found = version(connection)
    _refuse_newer(found, len(migrations))
    if found < len(migrations):
        raise SettingsError(
            f"its schema is version {found}, not {len(migrations)}: start the gateway once to migrate it"
        )


def migrate(connection: sqlite3.Connection, path: Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the database at ``path`` up to date. An existing one is copied to ``<path>.v<old version>`` first."""
    found = version(connection)
    _refuse_newer(found, len(migrations))
    if 0 < found < len(migrations):
        _copy(connection, path.with_name(f"{path.name}.v{found}"))
    for number in range(found + 1, len(migrations) + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if number == 1:
                connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
                connection.execute("INSERT INTO schema_version (version) VALUES (0)")
            for statement in migrations[number - 1]:
                connection.execute(statement)
            connection.execute("UPDATE schema_version SET version = ?", (number,))
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _refuse_newer(found: int, known: int) -> None:
    if found > known:
        raise SettingsError(
            f"a newer gateway wrote it (schema version {found}, this one knows {known}): "
            "upgrade the gateway, or restore the copy made before the upgrade"
        )


def _copy(connection: sqlite3.Connection, to: Path) -> None:
    to.unlink(missing_ok=True)  # a partial copy is there if the machine died while one was made
    to.touch(mode=0o600)
    copy = sqlite3.connect(to)
    try:
        connection.backup(copy)
    finally:
        copy.close()
