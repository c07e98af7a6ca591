"""A table that Chainlit has filled is read and written as it is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer  # type: ignore[import-untyped]

from gateway.types import Feedback, ThreadFilter
from tests.data.dynamo import Documented, documented, running, server
from tests.data.pages import pages
from tests.data.support import read, step
from tests.support.dynamodb import Server, error

__all__ = ["running", "server"]

AT = "2025-03-01T10:00:00.123456Z"


def item(pk: str, sk: str, **values: Any) -> dict[str, Any]:
    """An item, as boto3's serializer has it."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in {"PK": pk, "SK": sk, **values}.items()}


@pytest.fixture
async def harness(server: Server) -> AsyncIterator[Documented]:
    """A table with a user, a thread, two steps and an element."""
    async with documented(server) as harness:
        whole: dict[str, Any] = {
            "parentId": None,
            "metadata": {},
            "tags": None,
            "input": "",
            "isError": False,
            "showInput": "json",
        }
        for each in (
            item("USER#ada", "USER", id="ada", identifier="ada", createdAt=AT, metadata={"provider": "github"}),
            item(
                "THREAD#t1",
                "THREAD",
                UserThreadPK="USER#ada",
                UserThreadSK=f"TS#{AT}",
                id="t1",
                createdAt=AT,
                name="Weather",
                userId="ada",
                userIdentifier="ada",
                metadata={"chat_profile": "fast"},
            ),
            item(
                "THREAD#t1",
                "STEP#s2",
                id="s2",
                threadId="t1",
                type="assistant_message",
                name="bot",
                output="rain",
                createdAt="2025-03-01T10:00:02Z",
                feedback={"forId": "s2", "value": 0, "threadId": "t1", "id": "THREAD#t1::STEP#s2", "comment": None},
                **whole,
            ),
            item(
                "THREAD#t1",
                "STEP#s1",
                id="s1",
                threadId="t1",
                type="user_message",
                name="ada",
                output="the weather?",
                createdAt="2025-03-01T10:00:01Z",
                **whole,
            ),
            item("THREAD#t1", "ELEMENT#e1", id="e1", threadId="t1", forId="s2", name="map.png", objectKey="ada/t1/e1"),
        ):
            await harness.put(each)
        yield harness


async def test_it_is_read(harness: Documented) -> None:
    layer = harness.layer
    user = await layer.get_user("ada")
    assert user is not None and (user.id, user.createdAt, user.metadata) == ("ada", AT, {"provider": "github"})
    assert await layer.get_thread_author("t1") == "ada"
    found = await read(layer, "t1")
    assert (found["name"], found["createdAt"], found["tags"]) == ("Weather", AT, None)
    assert [each.get("output") for each in found["steps"]] == ["the weather?", "rain"]
    kept = {"forId": "s2", "id": "THREAD#t1::STEP#s2", "value": 0, "comment": None}
    assert [each.get("feedback") for each in found["steps"]] == [None, kept]
    assert isinstance((found["steps"][1].get("feedback") or kept)["value"], int)
    assert [each.get("url") for each in found["elements"] or []] == ["https://files.example/ada/t1/e1?signed"]
    assert not any(key in each for each in found["steps"] for key in ("PK", "SK"))
    assert await pages(layer, ThreadFilter(userId="ada", feedback=0)) == [["t1"]]


async def test_it_is_written(harness: Documented) -> None:
    layer = harness.layer
    await layer.update_thread("t1", metadata={"more": 1.5}, tags=["x"])
    await layer.update_step({"id": "s2", "output": "sun"})
    await layer.upsert_feedback(Feedback(forId="s1", value=1))
    assert await layer.delete_feedback("THREAD#t1::STEP#s2") is True
    found = await read(layer, "t1")
    assert (found["createdAt"], found["metadata"]) == (AT, {"chat_profile": "fast", "more": 1.5})
    assert [each.get("output") for each in found["steps"]] == ["the weather?", "sun"]
    assert [each.get("feedback") is not None for each in found["steps"]] == [True, False]
    harness.folder.files["ada/t1/e1"] = b"png"
    await layer.delete_step("s2")
    assert harness.folder.files == {}
    assert await harness.count("elements") == 0


async def test_the_table_is_read_once_to_find_a_step_by_its_id_alone(harness: Documented) -> None:
    layer, calls = harness.layer, harness.server.seen
    assert await layer.get_step("unknown") is None
    assert len(calls("Scan")) == 1
    assert ((await layer.get_step("s1")) or {}).get("output") == "the weather?"
    await layer.delete_element("e1")
    assert await harness.count("elements") == 0
    again = harness.another()
    before = len(calls("Scan"))
    await again.delete_step("unknown")
    await again.create_step(step("t1", "new", id="s3"))
    await again.delete_step("s3")
    assert len(calls("Scan")) == before


async def test_reading_the_table_goes_on_where_it_was_broken_off(harness: Documented) -> None:
    for n in range(30):
        await harness.put(item("THREAD#t2", f"STEP#{n:02}", id=f"{n:02}", threadId="t2", output="x" * 100_000))
    harness.server.calls.clear()
    scans = harness.server.seen
    harness.server.faults.append(
        lambda call: error("AccessDeniedException", "no") if call[0] == "Scan" and len(scans("Scan")) == 3 else None
    )
    with pytest.raises(harness.client.exceptions.ClientError):
        await harness.layer.get_step("29")
    harness.server.faults.clear()
    harness.server.calls.clear()
    found = await harness.another().get_step("29")
    assert found is not None and found.get("threadId") == "t2"
    assert scans("Scan")[0].get("ExclusiveStartKey", {}).get("PK") is not None
    assert await harness.another().get_step("s1") is not None
