"""What SQLite says of the tables of a database, to compare two of them."""

import re
import sqlite3
from pathlib import Path
from typing import Any


def described(path: Path) -> dict[str, Any]:
    """All that SQLite says of the tables, columns, indexes and triggers of a database. A whole number that is the
    primary key cannot be null, whether its column says so or not."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    found: dict[str, Any] = {}
    for table in connection.execute("PRAGMA table_list"):
        if table["name"].startswith("sqlite_") or table["type"] != "table":
            continue
        columns = [dict(row) for row in connection.execute("SELECT * FROM pragma_table_xinfo(?)", (table["name"],))]
        for column in columns:
            if column["pk"] and column["type"] == "INTEGER":
                column["notnull"] = 1
        indexes = {}
        for index in connection.execute("SELECT * FROM pragma_index_list(?)", (table["name"],)):
            parts = connection.execute("SELECT name, desc, coll FROM pragma_index_xinfo(?)", (index["name"],))
            condition = text_of(connection, index["name"]).partition(" WHERE ")[2]
            indexes[index["name"]] = (index["unique"], index["origin"], condition, [tuple(part) for part in parts])
        sql = text_of(connection, table["name"])
        special = ("AUTOINCREMENT" in sql, re.findall(r"CHECK \(.*?\)", sql))
        found[table["name"]] = (table["wr"], special, columns, indexes)
    others = connection.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE type = 'trigger' OR sql LIKE '%VIRTUAL%'"
    )
    found["triggers and virtual tables"] = {row["name"]: (row["type"], " ".join(row["sql"].split())) for row in others}
    connection.close()
    return found


def text_of(connection: sqlite3.Connection, name: str) -> str:
    """The statement that made a table or an index, empty for an index that a key brings with it."""
    row = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return (row and row["sql"]) or ""
