"""The one definition of the tables: an existing database comes to it, and the data layer works on it."""

import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.store import SQLiteStore
from gateway.store.core.tables import metadata
from gateway.types import Feedback, Pagination, ThreadFilter
from tests.data.support import ADA, ada, link, read, step, thread
from tests.support.postgres import database


def described(path: Path) -> dict[str, Any]:
    """All that SQLite says of the tables, columns and indexes of a database. A whole number that is the primary key
    cannot be null, whether its column says so or not."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    found: dict[str, Any] = {}
    for table in connection.execute("PRAGMA table_list"):
        if table["name"].startswith("sqlite_") or table["type"] != "table" or table["name"] in VERSION_TABLES:
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
    connection.close()
    return found


def text_of(connection: sqlite3.Connection, name: str) -> str:
    """The statement that made a table or an index, empty for an index that a key brings with it."""
    row = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return (row and row["sql"]) or ""


VERSION_TABLES = {"schema_version"}
"""Tables that say which version a database has."""


async def test_a_migrated_database_is_as_the_definition_has_it(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "migrated.db")
    await store.open()
    await store.close()
    engine = create_engine(f"sqlite:///{tmp_path}/defined.db")
    metadata.create_all(engine)
    engine.dispose()
    defined = described(tmp_path / "defined.db")
    assert described(tmp_path / "migrated.db") == defined
    assert set(defined) == set(metadata.tables)


@pytest.fixture(params=["sqlite", "postgresql"])
async def layer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SQLAlchemyDataLayer]:
    """A data layer on the gateway's own tables: in SQLite on the file of a store that is open."""
    if request.param == "sqlite":
        store = SQLiteStore(tmp_path / "gateway.db")
        await store.open()
        layer = SQLAlchemyDataLayer(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
        yield layer
        await layer.close()
        await store.close()
        return
    async with database() as url:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        layer = SQLAlchemyDataLayer(url)
        yield layer
        await layer.close()


async def test_the_data_layer_works_on_the_gateway_s_own_tables(layer: SQLAlchemyDataLayer) -> None:
    user = await ada(layer)
    id = await thread(layer, user, metadata={"a": {"b": "ü"}}, tags=["x", "y"])
    given = step(id, "hello", metadata={"k": 1}, tags=["t"], isError=False, streaming=True, defaultOpen=True, start="s")
    await layer.create_step(given)
    await layer.upsert_feedback(Feedback(forId=given["id"], value=0, comment="no"))
    await layer.create_element(link(id, forId=given["id"], props={"p": [1]}, playerConfig={"q": 2}, page=3))
    found = await read(layer, id)
    assert (found["metadata"], found["tags"], found["userIdentifier"]) == ({"a": {"b": "ü"}}, ["x", "y"], ADA)
    [kept] = found["steps"]
    assert {name: kept.get(name) for name in given} == dict(given)
    feedback = kept.get("feedback")
    assert feedback is not None
    assert (feedback["value"], feedback.get("comment")) == (0, "no")
    [element] = found["elements"] or []
    assert (element.get("props"), element.get("playerConfig"), element.get("page")) == ({"p": [1]}, {"q": 2}, 3)
    page = await layer.list_threads(Pagination(first=2), ThreadFilter(userId=user.id, search="HELL", feedback=0))
    assert [each["id"] for each in page.data] == [id]
    await layer.delete_thread(id)
    assert await layer.get_thread(id) is None
