"""What is remembered of turns, and its bounds."""

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from gateway.http.admin import recent_turns
from gateway.http.admin.recent_turns import MOST_EVENTS, RecentTurns
from gateway.http.admin.shared_turns import LARGEST, heard, told
from gateway.telemetry.observer import (
    CallOutcome,
    DeliveryAccepted,
    DeliveryOutcome,
    PlatformCall,
    StepBegun,
    StreamChanged,
    TurnBegun,
    TurnEnded,
)
from tests.runtime.test_rate import Clock


def begun(key: str, *, conversation: str = "c", person: str = "p") -> TurnBegun:
    return TurnBegun("slack", conversation, key, "message_created", 1, 5.0, 0.1, person)


def called(key: str | None, outcome: CallOutcome = "ok", *, method: str = "edit", error: str = "") -> PlatformCall:
    return PlatformCall("slack", "c", key, method, outcome, 0.25, error)


def accepted(key: str, outcome: DeliveryOutcome) -> DeliveryAccepted:
    return DeliveryAccepted("slack", "c", key, "message_created", outcome, 0.01)


def remembered(turns: RecentTurns) -> list[str]:
    return [turn.delivery for turn in turns.newest(limit=100)]


def test_the_same_several_times_in_a_row_is_one_event() -> None:
    turns, clock = RecentTurns(clock=(now := Clock())), now
    turns.turn_begun(begun("k"))
    for _ in range(3):
        clock.now += 1
        turns.called(called("k"))
    turns.called(called("k", "rate_limited", error="wait"))
    turns.called(called("k"))
    turn = turns.find("c", "k")
    assert turn is not None
    assert [(each.name, each.outcome, each.count, each.seconds) for each in turn.events[1:]] == [
        ("edit", "ok", 3, 0.75),
        ("edit", "rate_limited", 1, 0.25),
        ("edit", "ok", 1, 0.25),
    ]
    assert (turn.events[1].at, turn.events[1].last_at) == (1_001.0, 1_003.0)


def test_as_many_events_of_a_turn_are_kept_as_is_useful_and_how_it_ended_always() -> None:
    turns = RecentTurns()
    turns.turn_begun(begun("k"))
    for number in range(MOST_EVENTS * 2):
        turns.called(called("k", method=f"m{number}"))
    turns.turn_ended(TurnEnded("slack", "c", "k", "message_created", 1, "failed", 2.0, "boom"))
    turn = turns.find("c", "k")
    assert turn is not None
    assert (len(turn.events), turn.more) == (MOST_EVENTS + 1, MOST_EVENTS + 1)
    assert (turn.events[-1].what, turn.events[-1].error, turn.state, turn.seconds) == ("ended", "boom", "failed", 2.0)


def test_the_turn_that_was_heard_of_longest_ago_makes_room() -> None:
    turns = RecentTurns(3)
    for key in ("a", "b", "c"):
        turns.turn_begun(begun(key))
    turns.called(called("a"))
    turns.turn_begun(begun("d"))
    assert remembered(turns) == ["d", "a", "c"]


def test_there_is_a_bound_on_all_events_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_turns, "MOST_IN_ALL", 10)
    turns = RecentTurns()
    for key in "abcdefghijklmnop":
        turns.turn_begun(begun(key))
        turns.called(called(key))
    assert len(remembered(turns)) <= 6
    assert remembered(turns)[0] == "p"


def test_what_has_no_turn_or_is_none_of_a_known_one_is_not_remembered() -> None:
    turns = RecentTurns()
    for outcome in ("ignored", "answered", "denied", "quota", "refused", "failed", "duplicate"):
        turns.accepted(accepted("k", outcome))
    turns.called(called(None))
    turns.called(called("unknown"))
    turns.streamed(StreamChanged("slack", "c", None, "begun", native=True))
    assert remembered(turns) == []
    turns.accepted(accepted("k", "new"))
    turns.accepted(accepted("k", "duplicate"))
    turn = turns.find("c", "k")
    assert turn is not None
    assert [each.outcome for each in turn.events] == ["new", "duplicate"]
    assert remembered(turns) == []  # an answer to a question never begins a turn of its own
    turns.turn_begun(begun("k"))
    assert remembered(turns) == ["k"]


def test_a_person_and_a_conversation_are_forgotten() -> None:
    turns = RecentTurns()
    turns.turn_begun(begun("a", person="ada"))
    turns.turn_begun(begun("b", person="bob"))
    turns.turn_begun(begun("c", person="bob", conversation="other"))
    turns.turn_begun(begun("d", person=""))
    turns.forget("ada", ())
    assert remembered(turns) == ["d", "c", "b"]
    turns.forget(None, ["other"])
    assert remembered(turns) == ["d", "b"]


def test_threads_may_tell_at_once() -> None:
    turns = RecentTurns(20)
    for number in range(20):
        turns.turn_begun(begun(str(number)))

    def tell(thread: int) -> None:
        for number in range(200):
            turns.step_begun(StepBegun("c", str(number % 20), "id", None, f"{thread}", "tool"))
            turns.turn_begun(begun(f"{thread} {number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, range(4)))
    assert len(remembered(turns)) == 20
    assert turns._events == sum(len(turn.events) for turn in turns.newest(limit=100))


@pytest.mark.parametrize("number", [1, 20, 200])
def test_a_turn_is_told_to_other_replicas_as_far_as_there_is_room(number: int) -> None:
    turns = RecentTurns()
    turns.turn_begun(begun("k"))
    for each in range(number):
        turns.called(called("k", method=f"m{each}", error="é" * 400 if each % 50 == 7 else ""))
    turns.turn_ended(TurnEnded("slack", "c", "k", "message_created", 1, "failed", 2.0, "boom"))
    turn = turns.find("c", "k")
    assert turn is not None
    packed = orjson.dumps(told(turn))
    assert len(packed) < LARGEST + 500
    again = heard(orjson.loads(packed))
    assert (again.events[0], again.events[-1]) == (turn.events[0], turn.events[-1])
    assert len(again.events) + again.more == len(turn.events) + turn.more
    assert (again == turn) == (number < 200)
