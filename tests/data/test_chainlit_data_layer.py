"""``ChainlitDataLayer`` keeps the contract of every data layer, in the tables of Chainlit's official one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import make_url, text

from gateway.data.chainlit_data_layer import ChainlitDataLayer
from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.element import File
from gateway.types import Feedback, Pagination, ThreadFilter
from tests.data.databases import Official, official
from tests.data.schemas import OFFICIAL
from tests.data.sql import SqlContract
from tests.data.support import ADA, ROWS, ada, link, new_id, read, said, step, thread


@pytest.fixture
async def harness() -> AsyncIterator[Official]:
    async with official() as harness:
        yield harness


class TestOfficial(SqlContract):
    left_out = frozenset({"tags", "language", "indent"})


async def test_what_chainlit_wrote_is_read(harness: Official) -> None:
    layer = harness.layer
    ada_ = await ada(layer)
    await harness.run(
        'INSERT INTO "Thread" (id, "createdAt", "updatedAt", metadata, "userId", name) VALUES'
        " ('t', '2026-01-01', '2026-02-02', '{\"a\": 1}', :user, 'Weather')",
        {"user": ada_.id},
    )
    await harness.run(
        'INSERT INTO "Step" (id, "threadId", "parentId", type, metadata, "startTime", "endTime", output, "createdAt")'
        " VALUES ('run', NULL, NULL, 'run', '{}', '2026-01-01', '2026-01-01', NULL, '2026-01-09'),"
        " ('late', 't', 'run', 'llm', '{}', '2026-01-01 00:00:02.5', '2026-01-01 00:00:03', 'second', '2026-01-02'),"
        " ('soon', 't', 'run', 'user_message', '{\"k\": 1}', '2026-01-01', '2026-01-01', 'first', '2026-01-03')"
    )
    await harness.run(
        'INSERT INTO "Element" (id, "threadId", "stepId", metadata, name, "objectKey", url, props) VALUES'
        " ('kept', 't', 'soon', '{\"type\": \"pdf\"}', 'a.pdf', 'threads/t/files/kept', NULL, NULL),"
        " ('linked', 't', 'soon', '{\"type\": \"image\"}', 'b', 'threads/t/files/linked', 'https://e.example/b', '{}')"
    )
    await harness.run(
        'INSERT INTO "Feedback" (id, "stepId", name, value, comment) VALUES'
        " ('old', 'late', 'user_feedback', 0, NULL), ('other', 'soon', 'user_feedback', 1, 'good')"
    )
    found = await read(layer, "t")
    assert (found["name"], found["userIdentifier"], found["metadata"]) == ("Weather", ADA, {"a": 1})
    assert (found["createdAt"], found["tags"]) == ("2026-01-01T00:00:00.000000Z", [])
    assert [each.get("id") for each in found["steps"]] == ["soon", "late"]
    first, second = found["steps"]
    assert (first.get("type"), first.get("metadata"), first.get("name")) == ("user_message", {"k": 1}, "")
    assert (second.get("start"), second.get("end")) == ("2026-01-01T00:00:02.500000Z", "2026-01-01T00:00:03.000000Z")
    rated = first.get("feedback")
    assert rated is not None and repr(rated["value"]) == "1"
    assert dict(rated) == {"forId": "soon", "id": "other", "value": 1, "comment": "good"}
    elements = {each.get("id"): each for each in found["elements"] or []}
    assert [elements[id].get("type") for id in ("kept", "linked")] == ["pdf", "image"]
    assert elements["kept"].get("url") == "https://files.example/threads/t/files/kept?signed"
    assert elements["linked"].get("url") == "https://e.example/b"
    page = await layer.list_threads(Pagination(first=5), ThreadFilter(userId=ada_.id, feedback=1))
    assert page.data == [found]
    await layer.delete_thread("t")
    assert [await harness.count(rows) for rows in ROWS] == [0, 0, 0, 0]


async def test_what_is_written_is_what_chainlit_reads(harness: Official) -> None:
    layer = harness.layer
    id, known = await said(layer, await ada(layer))
    await layer.update_step({"id": known, "showInput": False, "createdAt": "2026-01-01T00:00:00Z"})
    await layer.upsert_feedback(Feedback(forId=known, value=1))
    await layer.create_element(File("f", content=b"f", id=new_id(), thread_id=id, for_id=known))
    [row] = await layer.execute_query('SELECT * FROM "Step" WHERE id = $1', {"id": known})
    assert (row["threadId"], row["type"], row["showInput"], row["metadata"]) == (id, "assistant_message", "false", {})
    assert row["startTime"] == row["endTime"]
    [rated] = await layer.execute_query('SELECT * FROM "Feedback"')
    assert (rated["stepId"], rated["name"], rated["value"]) == (known, "user_feedback", 1.0)
    [element] = await layer.execute_query('SELECT metadata->>\'type\' AS type, url, "objectKey" FROM "Element"')
    assert (element["type"], element["url"]) == ("file", None)
    assert [element["objectKey"]] == list(harness.folder.files)


async def test_each_change_of_a_row_is_dated(harness: Official) -> None:
    layer = harness.layer
    id, known = await said(layer, await ada(layer))
    await harness.run('UPDATE "Thread" SET "updatedAt" = \'2026-01-01\'')
    await harness.run('UPDATE "Step" SET "updatedAt" = \'2026-01-01\'')
    await layer.update_thread(id, name="x")
    await layer.update_step({"id": known, "output": "x"})
    for table in ('"Thread"', '"Step"'):
        [row] = await layer.execute_query(f'SELECT "updatedAt" > "createdAt" AS moved FROM {table}')
        assert row == {"moved": True}


async def test_times_are_in_utc_whatever_the_zone_of_the_database(harness: Official) -> None:
    await harness.run(f"ALTER DATABASE {harness.engine.url.database} SET timezone = 'Asia/Tokyo'")
    layer = ChainlitDataLayer(harness.engine.url.render_as_string(hide_password=False))
    id, _ = await said(layer, await ada(layer))
    [row] = await layer.execute_query(
        "SELECT abs(extract(epoch FROM \"createdAt\" - (now() AT TIME ZONE 'UTC'))) < 600 AS near,"
        ' abs(extract(epoch FROM "updatedAt" - (now() AT TIME ZONE \'UTC\'))) < 600 AS too FROM "Thread" WHERE id = $1',
        {"id": id},
    )
    assert row == {"near": True, "too": True}
    await layer.close()


async def test_nothing_of_a_thread_that_is_marked_as_deleted_is_shown(harness: Official) -> None:
    layer = harness.layer
    ada_ = await ada(layer)
    id, known = await said(layer, ada_)
    kept, _ = await said(layer, ada_)
    element = link(id, known)
    await layer.create_element(element)
    await layer.set_step_favorite({"id": known}, True)
    await harness.run('UPDATE "Thread" SET "deletedAt" = \'2026-01-01\' WHERE id = :id', {"id": id})
    assert await layer.get_thread(id) is None
    assert await layer.get_step(known) is None
    assert await layer.get_element(id, element.get("id", "")) is None
    assert await layer.get_favorite_steps(ada_.id) == []
    with pytest.raises(ValueError, match="Author not found"):
        await layer.get_thread_author(id)
    for search in (None, "said"):
        page = await layer.list_threads(Pagination(first=5), ThreadFilter(userId=ada_.id, search=search))
        assert [each["id"] for each in page.data] == [kept]
    await layer.delete_thread(id)
    assert [await harness.count(rows) for rows in ROWS] == [1, 1, 0, 0]


async def test_with_a_step_go_those_below_it_and_what_belongs_to_them(harness: Official) -> None:
    layer, id, run = harness.layer, new_id(), new_id()
    child = step(id, "child", parentId=run)
    grandchild = step(id, "grandchild", parentId=child["id"])
    for each in (grandchild, child):
        await layer.create_step(each)
    await layer.upsert_feedback(Feedback(forId=grandchild["id"], value=0))
    await layer.create_element(File("f", content=b"f", id=new_id(), thread_id=id, for_id=grandchild["id"]))
    other = step(id, "other", parentId=run)
    await layer.create_step(other)
    await layer.delete_step(child["id"])
    assert harness.folder.files == {}
    assert [await harness.count(rows) for rows in ROWS] == [1, 2, 0, 0]
    await layer.delete_step(other["id"])
    assert await harness.count("steps") == 0, "the parent that nobody stored and nobody refers to any more"


async def test_a_placeholder_is_no_step_until_it_is_stored(harness: Official) -> None:
    layer, id, run = harness.layer, new_id(), new_id()
    await layer.create_step(step(id, "answer", parentId=run, createdAt="2026-01-01T00:00:01Z"))
    assert await layer.get_step(run) is None
    with pytest.raises(ValueError, match="threadId"):
        await layer.update_step({"id": run, "output": "lost"})
    await layer.update_step({"id": run, "threadId": id, "type": "tool", "createdAt": "2026-01-01T00:00:00Z"})
    found = (await read(layer, id))["steps"]
    assert [each.get("id") == run for each in found] == [True, False]
    assert (found[0].get("type"), found[0].get("start")) == ("tool", "2026-01-01T00:00:00.000000Z")


async def test_steps_that_refer_to_one_another_are_stored_at_once(harness: Official) -> None:
    id = new_id()
    chain: list[Any] = [step(id, "0")]
    for n in range(1, 12):
        chain.append(step(id, str(n), parentId=chain[-1]["id"]))
    await asyncio.gather(*(harness.layer.create_step(each) for each in (*chain[::-1], *chain)))
    found = (await read(harness.layer, id))["steps"]
    assert [(each.get("id"), each.get("parentId")) for each in found] == [
        (each["id"], each.get("parentId")) for each in chain
    ]


async def test_a_step_that_is_stored_while_the_last_beside_it_is_deleted_stays(harness: Official) -> None:
    layer, id, run = harness.layer, new_id(), new_id()
    last = step(id, "last", parentId=run)
    await layer.create_step(last)
    async with harness.engine.begin() as connection:
        await connection.execute(
            text(
                'INSERT INTO "Step" (id, "threadId", "parentId", type, metadata, "startTime", "endTime", output)'
                " VALUES ('new', :thread, :run, 'llm', '{}', now(), now(), 'new')"
            ),
            {"thread": id, "run": run},
        )
        deleting = asyncio.create_task(layer.delete_step(last["id"]))
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not await harness.run(waiting):
            pass
    await deleting
    assert [(each.get("id"), each.get("parentId")) for each in (await read(layer, id))["steps"]] == [("new", run)]


async def test_a_step_that_is_stored_after_its_placeholder_was_deleted_gets_another(harness: Official) -> None:
    layer, id, run = harness.layer, new_id(), new_id()
    last = step(id, "last", parentId=run)
    await layer.create_step(last)
    new = step(id, "new", parentId=run)
    async with harness.engine.begin() as connection:
        await connection.execute(text('DELETE FROM "Step" WHERE id = :run'), {"run": run})
        storing = asyncio.create_task(layer.create_step(new))
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not await harness.run(waiting):
            pass
    await storing
    assert [each.get("id") for each in (await read(layer, id))["steps"]] == [new["id"]]


async def test_a_type_that_the_schema_does_not_have_is_undefined(harness: Official) -> None:
    id = new_id()
    await harness.layer.create_step(step(id, "x", type="tool_call"))
    assert [each.get("type") for each in (await read(harness.layer, id))["steps"]] == ["undefined"]


async def test_a_time_that_is_none_is_named_and_nothing_is_stored(harness: Official) -> None:
    for wrong in ("yesterday", 5):
        with pytest.raises(ValueError, match=f"{wrong!r} is no time in ISO 8601"):
            await harness.layer.create_step(step(new_id(), "x", createdAt=wrong))
    assert [await harness.count(rows) for rows in ROWS] == [0, 0, 0, 0]


async def test_a_database_from_before_threads_had_tags_is_read_and_written() -> None:
    older = tuple(each.replace(", \"tags\" TEXT[] DEFAULT '{}'", "") for each in OFFICIAL)
    assert older != OFFICIAL
    async with official(older) as harness:
        id = await thread(harness.layer, await ada(harness.layer), "hello", tags=["t"], name="x")
        found = await read(harness.layer, id)
        assert (found["name"], found["tags"]) == ("x", None)


async def test_the_tables_may_be_in_a_schema_of_the_url(harness: Official) -> None:
    url = make_url(harness.engine.url.render_as_string(hide_password=False)).set(drivername="postgresql")
    await harness.run("CREATE SCHEMA chat")
    for table in ("User", "Thread", "Step", "Element", "Feedback"):
        await harness.run(f'ALTER TABLE "{table}" SET SCHEMA chat')
    with pytest.raises(LookupError, match="'User'"):
        await harness.layer.get_thread("t")
    layer = ChainlitDataLayer(f"{url.render_as_string(hide_password=False)}?schema=chat")
    id = await thread(layer, await ada(layer), "hello")
    assert [each.get("output") for each in (await read(layer, id))["steps"]] == ["hello"]
    await layer.close()


async def test_a_database_of_the_other_schema_is_named(harness: Official) -> None:
    url = harness.engine.url.render_as_string(hide_password=False)
    other = SQLAlchemyDataLayer(url)
    with pytest.raises(LookupError, match=r"'users'.* those of gateway\.data\.chainlit_data_layer\.ChainlitDataLayer"):
        await other.get_thread(new_id())
    await other.close()
    await harness.run('DROP TABLE "Feedback"')
    empty = ChainlitDataLayer(url)
    with pytest.raises(LookupError, match=r"'Feedback'.*prisma migrate deploy"):
        await empty.get_thread("t")
    await empty.close()
    with pytest.raises(ValueError, match="SQLAlchemyDataLayer for SQLite"):
        ChainlitDataLayer("sqlite:///chat.db")
