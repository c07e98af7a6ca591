"""The contract of users, threads, steps and feedback."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.types import Feedback
from gateway.user import User
from tests.data.support import ADA, ROWS, Harness, ada, link, new_id, read, read_step, said, step, thread


class ThreadContract:
    left_out: frozenset[str] = frozenset()
    """Keys of a step that the layer has no place for."""

    def kept(self, **given: Any) -> dict[str, Any]:
        """What comes back of these keys of a step."""
        return {key: None if key in self.left_out else value for key, value in given.items()}

    async def test_a_user_is_kept_once_with_the_newest_metadata(self, harness: Harness) -> None:
        layer = harness.layer
        first = await ada(layer)
        again = await layer.create_user(User(ADA, metadata={"role": "admin"}))
        assert again is not None and again.id == first.id
        found = await layer.get_user(ADA)
        assert found is not None
        assert (found.identifier, found.metadata) == (ADA, {"role": "admin"})
        assert found.createdAt == first.createdAt
        assert found.createdAt.endswith("Z")
        assert await layer.get_user("' OR 1=1 --") is None

    async def test_a_thread_comes_back_as_it_was_stored(self, harness: Harness) -> None:
        layer = harness.layer
        user = await ada(layer)
        id = await thread(layer, user, name="Weather", metadata={"a": 1, "b": {"c": 2}}, tags=["x", "y"])
        more: dict[str, Any] = {"input": "in", "metadata": {"k": "v"}, "tags": ["t"], "isError": False}
        given = step(id, "hello", **more, showInput=True, junk=object())
        before = dict(given)
        await layer.create_step(given)
        assert given == before
        found = await read(layer, id)
        assert (found["name"], found["metadata"], found["tags"]) == ("Weather", {"a": 1, "b": {"c": 2}}, ["x", "y"])
        assert (found["userId"], found["userIdentifier"]) == (user.id, ADA)
        [step_] = found["steps"]
        wanted = self.kept(**more, output="hello", showInput="true", type="assistant_message", threadId=id)
        assert {key: step_.get(key) for key in wanted} == wanted
        assert await layer.get_thread_author(id) == ADA
        with pytest.raises(ValueError, match="Author not found"):
            await layer.get_thread_author(new_id())
        assert await layer.get_thread(new_id()) is None

    async def test_times_are_in_utc(self, harness: Harness) -> None:
        id = new_id()
        given = step(id, "x", createdAt="2026-03-01T10:00:00.250+02:00", start="2026-03-01T08:00:01Z")
        await harness.layer.create_step(given)
        await harness.layer.update_step({"id": given["id"], "end": "2026-03-01T08:00:02.5Z"})
        [kept] = (await read(harness.layer, id))["steps"]
        moments = [datetime.fromisoformat(str(kept.get(key))) for key in ("createdAt", "start", "end")]
        assert [(each - moments[0]).total_seconds() for each in moments] == [0, 0.75, 2.25]
        assert moments[0] == datetime(2026, 3, 1, 8, 0, 0, 250_000, tzinfo=UTC)

    async def test_what_is_not_named_stays(self, harness: Harness) -> None:
        layer = harness.layer
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
        before = await read_step(layer, id, known)
        await layer.update_step({"id": known, "output": "after"})
        await layer.update_step({"id": known})
        assert await read_step(layer, id, known) == {**before, "output": "after"}

    async def test_metadata_of_one_thread_is_merged_however_many_write_at_once(self, harness: Harness) -> None:
        id = new_id()
        await asyncio.gather(*(harness.layer.update_thread(id, metadata={f"k{n}": n}) for n in range(12)))
        assert (await read(harness.layer, id))["metadata"] == {f"k{n}": n for n in range(12)}

    async def test_a_step_that_many_create_at_once_is_there_once_with_what_each_named(self, harness: Harness) -> None:
        id, known = new_id(), new_id()
        parts: list[dict[str, Any]] = [
            {"input": "asked"},
            {"language": "en"},
            {"tags": ["t"]},
            {"metadata": {"k": 1}},
            {"indent": 2},
            {},
        ]
        named = [step(id, "said", **{"id": known}, **part) for part in parts]
        await asyncio.gather(*map(harness.layer.create_step, named))
        [step_] = (await read(harness.layer, id))["steps"]
        wanted = self.kept(id=known, output="said", **{key: value for part in parts for key, value in part.items()})
        assert {key: step_.get(key) for key in wanted} == wanted

    async def test_a_step_may_come_before_the_one_it_belongs_to(self, harness: Harness) -> None:
        layer, id, run = harness.layer, new_id(), new_id()
        first = step(id, "asked")
        run_ = step(id, "", **{"id": run, "type": "run", "name": "on_message"})
        child = step(id, "answered", parentId=run)
        await layer.create_step(child)
        assert [each.get("id") for each in (await read(layer, id))["steps"]] == [child["id"]]
        await asyncio.gather(layer.create_step(run_), layer.create_step(first))
        found = (await read(layer, id))["steps"]
        assert [each.get("id") for each in found] == [first["id"], run, child["id"]]
        assert [each.get("parentId") for each in found] == [None, None, run]
        assert [each.get("name") for each in found] == ["bot", "on_message", "bot"]

    async def test_bad_references_are_errors(self, harness: Harness) -> None:
        layer = harness.layer
        with pytest.raises(ValueError, match="no user"):
            await layer.update_thread(new_id(), user_id=new_id())
        with pytest.raises(ValueError, match="no step"):
            await layer.upsert_feedback(Feedback(forId=new_id(), value=1))
        with pytest.raises(ValueError, match="threadId"):
            await layer.update_step({"id": new_id(), "output": "x"})
        with pytest.raises(ValueError, match="id"):
            await layer.create_step({"output": "x", "threadId": new_id()})
        assert [await harness.count(rows) for rows in ROWS] == [0, 0, 0, 0]

    async def test_a_step_makes_the_thread_that_is_missing(self, harness: Harness) -> None:
        id = new_id()
        await harness.layer.create_step(step(id, "first"))
        assert [each.get("output") for each in (await read(harness.layer, id))["steps"]] == ["first"]

    async def test_there_is_one_feedback_for_a_step(self, harness: Harness) -> None:
        layer = harness.layer
        id = await thread(layer, await ada(layer), "rated", "another")
        known, _ = [each.get("id", "") for each in (await read(layer, id))["steps"]]
        ids = await asyncio.gather(*(layer.upsert_feedback(Feedback(forId=known, value=1)) for _ in range(6)))
        assert len(set(ids)) == 1
        assert await layer.upsert_feedback(Feedback(forId=known, value=0, comment="no")) == ids[0]
        kept = {"forId": known, "id": ids[0], "value": 0, "comment": "no"}
        assert [each.get("feedback") for each in (await read(layer, id))["steps"]] == [kept, None]
        assert await harness.count("feedbacks") == 1
        assert await layer.delete_feedback(ids[0]) is True
        assert await layer.delete_feedback(ids[0]) is False

    async def test_a_thread_goes_with_all_of_it_and_no_other_does(self, harness: Harness) -> None:
        layer = harness.layer
        for _ in range(2):
            id, known = await said(layer, await ada(layer))
            await layer.create_step(step(id, "below", parentId=known))
            await layer.upsert_feedback(Feedback(forId=known, value=1))
            await layer.create_element(link(id, known))
        assert [await harness.count(rows) for rows in ROWS] == [2, 4, 2, 2]
        await layer.delete_thread(id)
        assert [await harness.count(rows) for rows in ROWS] == [1, 2, 1, 1]
        assert await layer.get_thread(id) is None

    async def test_a_step_goes_with_its_feedback_and_elements(self, harness: Harness) -> None:
        layer = harness.layer
        id, known = await said(layer, await ada(layer))
        await layer.create_step(step(id, "stays"))
        await layer.upsert_feedback(Feedback(forId=known, value=1))
        await layer.create_element(link(id, known))
        await layer.delete_step(known)
        assert [await harness.count(rows) for rows in ROWS] == [1, 1, 0, 0]
        assert [each.get("output") for each in (await read(layer, id))["steps"]] == ["stays"]

    async def test_what_no_database_takes_is_replaced(self, harness: Harness) -> None:
        layer = harness.layer
        user = await ada(layer)
        id = await thread(layer, user, name="a\x00b\ud800", metadata={"k\x00": ["\udfff"]}, tags=["\x00"])
        await layer.create_step(step(id, "x\x00y\ud83d"))
        found = await read(layer, id)
        names = ("a\ufffdb\ufffd", {"k\ufffd": ["\ufffd"]}, ["\ufffd"])
        assert (found["name"], found["metadata"], found["tags"]) == names
        assert found["steps"][0].get("output") == "x\ufffdy\ufffd"

    async def test_favorites(self, harness: Harness) -> None:
        layer = harness.layer
        user = await ada(layer)
        one, two = (await read(layer, await thread(layer, user, "one", "two")))["steps"]
        changed = await layer.set_step_favorite(one, True)
        assert (changed.get("metadata") or {}).get("favorite") is True
        await layer.set_step_favorite(two, False)
        assert [each.get("output") for each in await layer.get_favorite_steps(user.id)] == ["one"]
