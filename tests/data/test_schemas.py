"""Databases that are not quite as the documents have them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.types import Feedback, Pagination, ThreadFilter
from tests.data.databases import documented
from tests.data.schemas import DOCUMENTED, OLDER, TEXT_IDS, TEXT_JSON
from tests.data.support import ADA, ada, link, new_id, read, step, thread


class Open(Protocol):
    """Makes a database with these tables, and returns a layer on it."""

    async def __call__(self, statements: Sequence[str] = DOCUMENTED) -> SQLAlchemyDataLayer: ...


@pytest.fixture(params=["sqlite", "postgresql"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open(statements: Sequence[str] = DOCUMENTED) -> SQLAlchemyDataLayer:
            folder = tmp_path if request.param == "sqlite" else None
            return (await stack.enter_async_context(documented(folder, statements))).layer

        yield open


async def test_an_older_schema_is_read_and_written_as_it_is(opened: Open) -> None:
    layer = await opened(OLDER)
    id = await thread(layer, await ada(layer))
    await layer.create_step(step(id, "hello", command="search", defaultOpen=True))
    await layer.create_element(link(id, new_id(), props={"a": 1}))
    found = await read(layer, id)
    assert [each.get("output") for each in found["steps"]] == ["hello"]
    assert [each.get("name") for each in found["elements"] or []] == ["x"]


async def test_ids_may_be_any_text_where_their_columns_are_text(opened: Open) -> None:
    layer = await opened(TEXT_IDS)
    user = await ada(layer)
    ids = [f"slack:T1:C1:{n}" for n in range(3)]
    for id in ids:
        await layer.update_thread(id, user_id=user.id, tags=["t"])
        await layer.create_step(step(id, "hello", **{"id": f"{id}/1"}))
        await layer.upsert_feedback(Feedback(forId=f"{id}/1", value=1))
        await layer.create_element(link(id, f"{id}/1"))
    first = await layer.list_threads(Pagination(first=2), ThreadFilter(userId=user.id))
    second = await layer.list_threads(
        Pagination(first=2, cursor=first.pageInfo.endCursor), ThreadFilter(userId=user.id, feedback=None)
    )
    assert [each["id"] for each in first.data + second.data] == ids[::-1]
    found = await read(layer, ids[0])
    assert (found["tags"], found["userIdentifier"]) == (["t"], ADA)
    assert [each.get("feedback") is not None for each in found["steps"]] == [True]
    await layer.delete_thread(ids[0])
    assert await layer.get_thread(ids[0]) is None


async def test_an_id_that_a_uuid_column_cannot_hold_is_named(opened: Open) -> None:
    layer = await opened()
    if layer.engine.dialect.name == "sqlite":
        await layer.update_thread("slack:T1:C1:1")
        assert (await read(layer, "slack:T1:C1:1"))["id"] == "slack:T1:C1:1"
    else:
        with pytest.raises(ValueError, match="'slack:T1:C1:1' is no UUID"):
            await layer.update_thread("slack:T1:C1:1")


async def test_dicts_and_lists_may_be_kept_as_text(opened: Open) -> None:
    layer = await opened(TEXT_JSON)
    user = await ada(layer)
    assert user.metadata == {"email": "ada@example.com"}
    id = await thread(layer, user, metadata={"a": {"b": "ü"}}, tags=["x"])
    await asyncio.gather(*(layer.update_thread(id, metadata={f"k{n}": n}) for n in range(4)))
    await layer.create_step(step(id, "hello", metadata={"k": "v"}, tags=["t"], generation={"model": "m"}))
    given = link(id, new_id(), props={"p": [1]})
    await layer.create_element(given)
    found = await read(layer, id)
    assert (found["metadata"], found["tags"]) == ({"a": {"b": "ü"}} | {f"k{n}": n for n in range(4)}, ["x"])
    [kept] = found["steps"]
    assert (kept.get("metadata"), kept.get("tags"), kept.get("generation")) == ({"k": "v"}, ["t"], {"model": "m"})
    assert [each.get("props") for each in found["elements"] or []] == [{"p": [1]}]
    await layer.set_step_favorite(kept, True)
    assert [each.get("id") for each in await layer.get_favorite_steps(user.id)] == [kept.get("id")]


async def test_a_database_without_the_tables_is_named(opened: Open) -> None:
    layer = await opened()
    await layer.execute_sql("DROP TABLE feedbacks", {})
    with pytest.raises(LookupError, match="feedbacks"):
        await layer.get_thread(new_id())
