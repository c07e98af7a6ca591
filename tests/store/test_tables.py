"""The one definition of the tables: an existing database comes to it, and the data layer works on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.store import SQLiteStore
from gateway.store.core.tables import metadata
from gateway.types import Feedback, Pagination, ThreadFilter
from tests.data.support import ADA, ada, link, read, step, thread
from tests.support.postgres import database


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
