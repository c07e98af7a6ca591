"""The index for searches in what steps gave, on SQLite."""

from alembic import op

revision = "0008"
down_revision: str | None = "0007"

HAS_FTS5 = "SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'"
STATEMENTS = (
    """CREATE VIRTUAL TABLE steps_search USING fts5(
        output, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')""",
    """CREATE TABLE steps_search_state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        indexed INTEGER NOT NULL,
        step TEXT,
        removed_at REAL,
        purging INTEGER NOT NULL
    )""",
    "INSERT INTO steps_search_state (one, indexed, purging) VALUES (1, 0, 0)",
    """CREATE TABLE steps_search_aside (
        number INTEGER PRIMARY KEY,
        output TEXT,
        stays INTEGER NOT NULL
    )""",
    """CREATE TRIGGER steps_search_deleted AFTER DELETE ON steps
        WHEN old.rowid <= (SELECT indexed FROM steps_search_state)
        BEGIN
            INSERT INTO steps_search_aside (number, output, stays) VALUES (old.rowid, old.output, 0)
                ON CONFLICT (number) DO UPDATE SET stays = 0;
        END""",
    """CREATE TRIGGER steps_search_changed AFTER UPDATE OF output ON steps
        WHEN old.output IS NOT new.output AND old.rowid <= (SELECT indexed FROM steps_search_state)
        BEGIN
            INSERT INTO steps_search_aside (number, output, stays) VALUES (old.rowid, old.output, 0)
                ON CONFLICT (number) DO UPDATE SET stays = 0;
        END""",
)


def upgrade() -> None:
    """Run the statements where the database is SQLite with FTS5. Elsewhere searches read every output, or use an index
    that is no table."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite" or not connection.exec_driver_sql(HAS_FTS5).scalar():
        return
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
