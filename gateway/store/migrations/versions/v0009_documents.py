"""Documents of adapters and HTTP interfaces, and scores of steps."""

from alembic import op

revision = "0009"
down_revision: str | None = "0008"

DOCUMENTS = """CREATE TABLE documents (
    rank {number},
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT DEFAULT '' NOT NULL,
    person TEXT DEFAULT '' NOT NULL,
    conversation TEXT DEFAULT '' NOT NULL,
    body {bytes} NOT NULL,
    put_at {real} NOT NULL,
    {key}UNIQUE (kind, id)
)"""
SCORES = """CREATE TABLE scores (
    id TEXT NOT NULL,
    "stepId" TEXT NOT NULL,
    "threadId" TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    value {real} NOT NULL,
    comment TEXT,
    label TEXT,
    tags {list},
    "userIdentifier" TEXT,
    "createdAt" TEXT,
    PRIMARY KEY (id)
)"""
INDEXES = (
    "CREATE INDEX documents_kind ON documents (kind, rank)",
    "CREATE INDEX documents_below ON documents (kind, parent, rank)",
    "CREATE INDEX documents_person ON documents (person) WHERE person <> ''",
    "CREATE INDEX documents_conversation ON documents (conversation) WHERE conversation <> ''",
    'CREATE INDEX scores_step ON scores ("stepId")',
    'CREATE INDEX scores_thread ON scores ("threadId")',
    'CREATE INDEX scores_user ON scores ("userIdentifier")',
)


def upgrade() -> None:
    """Create the tables in the words of the database."""
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    words = (
        {"number": "INTEGER NOT NULL", "bytes": "BLOB", "real": "REAL", "list": "TEXT", "key": "PRIMARY KEY (rank), "}
        if sqlite
        else {
            "number": "BIGSERIAL NOT NULL",
            "bytes": "BYTEA",
            "real": "DOUBLE PRECISION",
            "list": "TEXT[]",
            "key": "PRIMARY KEY (rank), ",
        }
    )
    for statement in (DOCUMENTS, SCORES):
        connection.exec_driver_sql(statement.format_map(words))
    for statement in INDEXES:
        connection.exec_driver_sql(statement)
