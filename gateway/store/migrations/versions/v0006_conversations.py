"""The tables of conversations, what waits for a data layer elsewhere, and what administrators ask and did."""

from alembic import op

revision = "0006"
down_revision: str | None = "0005"

STATEMENTS = (
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
)


def upgrade() -> None:
    """Run the statements, which are SQLite's: PostgreSQL has never had an older version."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
