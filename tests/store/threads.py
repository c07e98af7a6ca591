"""What a store gives back of the threads it keeps: one test per sentence of ``gateway.ports.Threads``."""

from collections.abc import Sequence
from typing import Any

from gateway.model import (
    ElementRecord,
    FeedbackRecord,
    Record,
    StepRecord,
    ThreadDict,
    ThreadRecord,
    UserRecord,
)
from gateway.ports import Outcome, Store
from tests.store.contract import ADA, envelope, lease_on, ref


def step(id: str, output: str = "", **values: Any) -> StepRecord:
    """Return a message of Ada's thread; its id is when it was said, in seconds."""
    given = {"name": "bot", "type": "assistant_message", **values}
    return StepRecord(id=id, thread="thread", user=ADA.key, created_at=float(id), output=output, **given)


def begun() -> Sequence[Record]:
    """Return the records of Ada and of her thread."""
    user = UserRecord(ADA.key, {"locale": "en"}, 1.0)
    thread = ThreadRecord("thread", ref(), ADA.key, "A title", {"client_type": "slack"}, 1.0, 2.0)
    return user, thread


async def keep(store: Store, *records: Record) -> None:
    """End a turn that leaves these records."""
    delivery = envelope(f"delivery of {records[0]}")
    await store.put(delivery, started=True)
    await store.finish(await lease_on(store), delivery.key, Outcome(records=records))


async def read(store: Store, *, limit: int = 10, characters: int = 1000) -> ThreadDict:
    """Return Ada's thread."""
    thread = await store.thread("thread", limit=limit, characters=characters)
    assert thread is not None
    return thread


class ThreadsContract:
    """Checks what is read of threads; a store's tests inherit it and give the fixture ``store``."""

    async def test_a_thread_that_is_not_kept_is_none(self, store: Store) -> None:
        await keep(store, *begun())
        assert await store.thread("other", limit=10, characters=1000) is None

    async def test_a_thread_is_the_documented_dict(self, store: Store) -> None:
        asked = step("1", "hello", name="Ada", type="user_message")
        looked = step("2", "there", name="look", type="tool", input="where", parent="1", show_input="json", tags=("t",))
        await keep(store, *begun(), looked, asked)
        thread = await read(store)
        assert {name: value for name, value in thread.items() if name not in ("steps", "userId")} == {
            "id": "thread",
            "createdAt": "1970-01-01T00:00:01.000000Z",
            "name": "A title",
            "userIdentifier": ADA.key,
            "tags": None,
            "metadata": {"client_type": "slack"},
            "elements": [],
        }
        assert thread["userId"]
        assert [each["id"] for each in thread["steps"]] == ["1", "2"]
        assert thread["steps"][1] == {
            "id": "2",
            "name": "look",
            "type": "tool",
            "threadId": "thread",
            "parentId": "1",
            "command": None,
            "streaming": False,
            "waitForAnswer": False,
            "isError": False,
            "metadata": {},
            "tags": ["t"],
            "input": "where",
            "output": "there",
            "createdAt": "1970-01-01T00:00:02.000000Z",
            "start": "1970-01-01T00:00:02.000000Z",
            "end": "1970-01-01T00:00:02.000000Z",
            "generation": None,
            "showInput": "json",
            "language": None,
            "indent": None,
            "defaultOpen": False,
            "autoCollapse": False,
            "feedback": None,
        }

    async def test_a_step_has_the_newest_feedback_and_the_thread_its_elements(self, store: Store) -> None:
        up = FeedbackRecord("f1", "1", "thread", "grace", 1, None, 5.0)
        down = FeedbackRecord("f2", "1", "thread", ADA.key, 0, "no", 6.0)
        props = {"rows": [1, None]}
        file = ElementRecord("e", "thread", ADA.key, "file", "a.csv", for_id="1", object_key="thread/e", props=props)
        await keep(store, *begun(), step("1"), down, up, file)
        thread = await read(store)
        assert thread["steps"][0]["feedback"] == {"forId": "1", "id": "f2", "value": 0, "comment": "no"}
        [element] = thread["elements"] or []
        assert {name: value for name, value in element.items() if value is not None} == {
            "id": "e",
            "threadId": "thread",
            "type": "file",
            "name": "a.csv",
            "forId": "1",
            "objectKey": "thread/e",
            "props": props,
        }

    async def test_of_a_long_thread_the_newest_steps_are_read_with_what_belongs_to_them(self, store: Store) -> None:
        files = [ElementRecord(f"e{n}", "thread", ADA.key, "file", "a.csv", for_id=str(n)) for n in range(1, 5)]
        await keep(store, *begun(), *(step(str(n), "x" * 10) for n in range(1, 5)), *files)
        for bound in ({"limit": 2}, {"characters": 25}):
            thread = await read(store, **bound)
            assert [each["id"] for each in thread["steps"]] == ["3", "4"]
            assert [each["id"] for each in thread["elements"] or []] == ["e3", "e4"]
        assert [each["id"] for each in (await read(store, characters=1))["steps"]] == ["4"]
        assert len((await read(store, limit=4, characters=40))["steps"]) == 4
