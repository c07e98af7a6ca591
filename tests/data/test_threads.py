"""Users, threads and steps on the documented schema, on SQLite and PostgreSQL."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.element import File
from gateway.types import Feedback
from gateway.user import User
from tests.data.support import ADA, Folder, ada, new_id, read, read_step, step, thread


async def test_a_user_is_kept_once_with_the_newest_metadata(layer: SQLAlchemyDataLayer) -> None:
    first = await ada(layer)
    again = await layer.create_user(User(ADA, metadata={"role": "admin"}))
    assert again is not None and again.id == first.id
    found = await layer.get_user(ADA)
    assert found is not None
    assert (found.identifier, found.metadata) == (ADA, {"role": "admin"})
    assert found.createdAt.endswith("Z")
    assert await layer.get_user("' OR 1=1 --") is None


async def test_a_thread_comes_back_as_it_was_stored(layer: SQLAlchemyDataLayer) -> None:
    user = await ada(layer)
    id = await thread(layer, user, name="Weather", metadata={"a": 1, "b": {"c": 2}}, tags=["x", "y"])
    given = step(id, "hello", input="in", metadata={"k": "v"}, tags=["t"], showInput=True, isError=False, junk=object())
    before = dict(given)
    await layer.create_step(given)
    assert given == before
    found = await read(layer, id)
    assert (found["name"], found["metadata"], found["tags"]) == ("Weather", {"a": 1, "b": {"c": 2}}, ["x", "y"])
    assert (found["userId"], found["userIdentifier"]) == (user.id, ADA)
    [kept] = found["steps"]
    assert (kept.get("output"), kept.get("metadata"), kept.get("tags")) == ("hello", {"k": "v"}, ["t"])
    assert (kept.get("showInput"), kept.get("isError"), kept.get("streaming")) == ("true", False, False)
    assert kept.get("threadId") == id
    assert await layer.get_thread_author(id) == ADA
    with pytest.raises(ValueError, match="Author not found"):
        await layer.get_thread_author(new_id())
    assert await layer.get_thread(new_id()) is None


async def test_what_is_not_named_stays(layer: SQLAlchemyDataLayer) -> None:
    user = await ada(layer)
    id = await thread(layer, user, name="one", metadata={"a": 1, "b": 2}, tags=["t"])
    created = (await read(layer, id))["createdAt"]
    await layer.update_thread(id, metadata={"b": None, "c": 3})
    found = await read(layer, id)
    assert (found["name"], found["metadata"], found["tags"]) == ("one", {"a": 1, "c": 3}, ["t"])
    assert found["createdAt"] == created
    given = step(id, "before", metadata={"k": "v"}, tags=["t"])
    known = given.get("id", "")
    await layer.create_step(given)
    await layer.update_step({"id": known, "output": "after"})
    await layer.update_step({"id": known})
    kept = await read_step(layer, known)
    assert (kept.get("output"), kept.get("name")) == ("after", "bot")
    assert (kept.get("metadata"), kept.get("tags")) == ({"k": "v"}, ["t"])


async def test_metadata_of_one_thread_is_merged_however_many_write_at_once(layer: SQLAlchemyDataLayer) -> None:
    id = new_id()
    await asyncio.gather(*(layer.update_thread(id, metadata={f"k{n}": n}) for n in range(12)))
    assert (await read(layer, id))["metadata"] == {f"k{n}": n for n in range(12)}


async def test_a_step_that_many_create_at_once_is_there_once_with_what_each_named(layer: SQLAlchemyDataLayer) -> None:
    id, known = new_id(), new_id()
    parts: list[dict[str, Any]] = [
        {"input": "asked"},
        {"language": "en"},
        {"tags": ["t"]},
        {"metadata": {"k": 1}},
        {"indent": 2},
        {},
    ]
    await asyncio.gather(*(layer.create_step(step(id, "said", **{"id": known}, **part)) for part in parts))
    [kept] = (await read(layer, id))["steps"]
    assert (kept.get("id"), kept.get("output"), kept.get("input")) == (known, "said", "asked")
    assert (kept.get("language"), kept.get("tags"), kept.get("indent")) == ("en", ["t"], 2)
    assert kept.get("metadata") == {"k": 1}


async def test_bad_references_are_errors(layer: SQLAlchemyDataLayer) -> None:
    with pytest.raises(ValueError, match="no user"):
        await layer.update_thread(new_id(), user_id=new_id())
    with pytest.raises(ValueError, match="no step"):
        await layer.upsert_feedback(Feedback(forId=new_id(), value=1))
    with pytest.raises(ValueError, match="threadId"):
        await layer.update_step({"id": new_id(), "output": "x"})
    with pytest.raises(ValueError, match="id"):
        await layer.create_step({"output": "x", "threadId": new_id()})
    with pytest.raises(DBAPIError) as error:
        await layer.execute_sql("SELECT * FROM nothing WHERE name = :name", {"name": "what somebody said"})
    assert "what somebody said" not in str(error.value)
    for table in ("threads", "steps"):
        assert await layer.execute_sql(f"SELECT * FROM {table}", {}) == []


async def test_a_step_makes_the_thread_that_is_missing(layer: SQLAlchemyDataLayer) -> None:
    id = new_id()
    await layer.create_step(step(id, "first"))
    assert [each.get("output") for each in (await read(layer, id))["steps"]] == ["first"]


async def test_there_is_one_feedback_for_a_step(layer: SQLAlchemyDataLayer) -> None:
    id = await thread(layer, await ada(layer), "rated", "another")
    known, other = [each.get("id", "") for each in (await read(layer, id))["steps"]]
    ids = await asyncio.gather(*(layer.upsert_feedback(Feedback(forId=known, value=1)) for _ in range(6)))
    assert len(set(ids)) == 1
    assert await layer.upsert_feedback(Feedback(forId=known, value=0, comment="no")) == ids[0]
    said = {"forId": known, "id": ids[0], "value": 0, "comment": "no"}
    assert (await read_step(layer, known)).get("feedback") == said
    with pytest.raises(DBAPIError):
        await layer.upsert_feedback(Feedback(forId=other, value=1, id=ids[0]))
    assert [each.get("feedback") for each in (await read(layer, id))["steps"]] == [said, None]
    assert await layer.delete_feedback(ids[0]) is True
    assert await layer.delete_feedback(ids[0]) is False


async def test_a_thread_goes_with_all_of_it(layer: SQLAlchemyDataLayer, folder: Folder) -> None:
    id = await thread(layer, await ada(layer), "one", "two")
    known = (await read(layer, id))["steps"][0].get("id", "")
    await layer.upsert_feedback(Feedback(forId=known, value=1))
    await layer.create_element(File("f", content=b"f", id=new_id(), thread_id=id, for_id=known))
    await layer.delete_thread(id)
    for table in ("threads", "steps", "elements", "feedbacks"):
        assert await layer.execute_sql(f"SELECT * FROM {table}", {}) == []
    assert folder.files == {}


async def test_what_no_database_takes_is_replaced(layer: SQLAlchemyDataLayer) -> None:
    user = await ada(layer)
    id = await thread(layer, user, name="a\x00b\ud800", metadata={"k\x00": ["\udfff"]}, tags=["\x00"])
    await layer.create_step(step(id, "x\x00y\ud83d"))
    found = await read(layer, id)
    assert (found["name"], found["metadata"], found["tags"]) == ("a\ufffdb\ufffd", {"k\ufffd": ["\ufffd"]}, ["\ufffd"])
    assert found["steps"][0].get("output") == "x\ufffdy\ufffd"


async def test_favorites(layer: SQLAlchemyDataLayer) -> None:
    user = await ada(layer)
    one, two = (await read(layer, await thread(layer, user, "one", "two")))["steps"]
    changed = await layer.set_step_favorite(one, True)
    assert changed.get("metadata") == {"favorite": True}
    await layer.set_step_favorite(two, False)
    assert [each.get("output") for each in await layer.get_favorite_steps(user.id)] == ["one"]
