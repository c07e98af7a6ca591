"""What of a session outlives the process, and which sessions stay in memory."""

import datetime
import enum
import tracemalloc
from typing import Any, cast

from gateway.model import ConversationRef, UserRef
from gateway.ports import Sessions
from gateway.runtime.session import Session, SessionPool

USER = UserRef(platform="slack", workspace="T", id="U")


def ref(thread: str) -> ConversationRef:
    return ConversationRef(platform="slack", workspace="T", channel="C", thread=thread)


class Nothing:
    """A store that has no sessions and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def load(self, conversation: Any) -> Any:
        self.asked.append(conversation)
        return None

    async def end(self, conversation: Any, *, at: Any) -> None:
        self.ended = conversation


async def open_session(pool: SessionPool, thread: str) -> Session:
    session = await pool.open(ref(thread), USER, opener=thread, at=0.0)
    assert session is not None
    return session


def test_only_the_json_part_is_saved_and_types_json_would_change_are_left_out() -> None:
    session = Session(id="1", ref=ref("1"), user=USER, started_at=0)
    session.opening = None
    session.values = {"n": 1, "when": datetime.datetime.now(), "call": print, "nested": {"a": [1, None]}}
    record = session.to_save()
    assert record is not None
    assert record.data == {"n": 1, "nested": {"a": [1, None]}}


class Key(enum.StrEnum):
    NAME = "name"


def test_a_key_that_is_no_plain_string_costs_nothing_but_itself() -> None:
    session = Session(id="1", ref=ref("1"), user=USER, started_at=0)
    session.opening = None
    odd: dict[Any, Any] = {Key.NAME: "Ada", 7: "a number", "half \ud83d": "a character", "n": 1}
    session.values = odd
    record = session.to_save()
    assert record is not None
    assert record.data == {"name": "Ada", "n": 1}
    session.values[Key.NAME] = "Bob"
    session.roll_back()
    assert session.values == {"name": "Ada", "n": 1, 7: "a number", "half \ud83d": "a character"}
    assert Session.restored(record).values[Key.NAME] == "Ada"


def test_an_unchanged_session_is_not_saved_again_but_a_mutated_value_is() -> None:
    session = Session(id="1", ref=ref("1"), user=USER, started_at=0)
    session.opening = None
    session.values["history"] = ["a"]
    assert session.to_save() is not None
    assert session.to_save() is None
    session.values["history"].append("b")
    saved = session.to_save()
    assert saved is not None
    assert saved.data == {"history": ["a", "b"]}
    session.not_saved()
    assert session.to_save() is not None


def test_a_session_that_was_not_opened_for_the_bot_begins_when_it_is_restored() -> None:
    session = Session(id="1", ref=ref("1"), user=USER, started_at=0)
    session.values["said"] = ["a"]
    record = session.to_save()
    assert record is not None
    restored = Session.restored(record)
    assert (restored.opening, restored.values) == ("start", {"said": ["a"]})
    restored.values["said"] = ["b"]
    again = restored.to_save()
    assert again is not None
    assert Session.restored(again).opening == "start"
    session.opening = None
    assert Session.restored(session.record()).opening == "resume"


def test_a_failed_turn_leaves_no_trace_in_the_json_part() -> None:
    session = Session(id="1", ref=ref("1"), user=USER, started_at=0)
    session.values["history"] = ["a"]
    assert session.to_save() is not None
    live = object()
    session.values["history"].append("b")
    session.values |= {"new": 1, "live": live}
    session.roll_back()
    assert session.values == {"history": ["a"], "live": live}


def test_what_opening_set_up_stays_when_the_first_message_fails() -> None:
    session = Session(id="1", ref=ref("1"), user=USER, started_at=0)
    session.values["count"] = 0
    session.checkpoint()
    session.values["count"] = 5
    session.roll_back()
    assert session.values == {"count": 0}


async def test_the_pool_keeps_at_most_its_limit_but_never_drops_a_session_in_use() -> None:
    pool = SessionPool(cast(Sessions, Nothing()), limit=2, rest_after=60)
    busy = await open_session(pool, "busy")
    for n in range(5):
        pool.close(await open_session(pool, str(n)))
    assert len(pool) <= 3
    assert ref("busy").key in pool
    assert await open_session(pool, "busy") is busy


async def test_a_session_nobody_used_rests_and_one_in_use_does_not() -> None:
    pool = SessionPool(cast(Sessions, Nothing()), limit=10, rest_after=0)
    pool.close(await open_session(pool, "idle"))
    await open_session(pool, "busy")
    assert pool.rest_idle() == 1
    assert ref("busy").key in pool
    assert ref("idle").key not in pool


def test_what_a_live_session_keeps_of_its_json_is_no_larger_than_that() -> None:
    sessions = [Session(id="1", ref=ref("1"), user=USER, started_at=0) for _ in range(100)]
    for number, session in enumerate(sessions):
        session.values["n"] = number
    tracemalloc.start()
    for session in sessions:
        session.checkpoint()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100 * 200
