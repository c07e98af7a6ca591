"""The last turns of this process, kept in memory as an observer is told of them, for the timeline of a turn."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.telemetry.observer import (
    DeliveryAccepted,
    Observer,
    PlatformCall,
    StepBegun,
    StepEnded,
    StreamChanged,
    TurnBegun,
    TurnEnded,
    TurnWaits,
)

MOST_TURNS = 500
"""Turns that are remembered; beyond that the one that was heard of longest ago is forgotten."""
MOST_EVENTS = 200
"""Events of one turn that are remembered: the first ones, and how many more there were."""
MOST_IN_ALL = 20_000
"""Events of all turns together that are remembered."""

What = Literal["accepted", "begun", "asks", "goes_on", "step", "call", "stream", "ended"]
"""What kind of thing happened in a turn."""


@dataclass(slots=True)
class TurnEvent:
    """Something that happened in a turn; what is the same several times in a row is one event."""

    at: float
    """When it was told, in seconds since the epoch: what takes time is told at its end."""
    what: What
    name: str
    """The method of a call, the name of a step, the kind of a delivery."""
    outcome: str
    """How it ended, in the words of ``gateway.telemetry.observer``; empty where it has only begun."""
    seconds: float | None = None
    """How long it took, all times together; None where it takes no time."""
    error: str = ""
    """What was raised, without secrets."""
    count: int = 1
    """How often it happened in a row."""
    last_at: float = 0.0
    """When it happened last."""


@dataclass(slots=True)
class RecentTurn:
    """A turn, and what is known of it."""

    conversation: str
    delivery: str
    platform: str = ""
    kind: str = ""
    person: str = ""
    """Whose turn it is (``UserRef.key``); empty where that is not known, or nobody's."""
    received_at: float | None = None
    state: str = "accepted"
    """What happened last of its beginning, waiting and ending."""
    attempt: int = 0
    """The number of the run."""
    seconds: float | None = None
    """How long the last run took; None while it runs."""
    events: list[TurnEvent] = field(default_factory=list[TurnEvent])
    more: int = 0
    """How many events are not remembered."""


class RecentTurns(Observer):
    """Remembers the last turns of this process, within bounds. Steps may be told from threads, so that all of it is
    guarded by a lock.

    Args:
        turns: How many turns are remembered.
        clock: Returns seconds since the epoch.
    """

    def __init__(self, turns: int = MOST_TURNS, *, clock: Callable[[], float] = time.time) -> None:
        self._most = turns
        self._clock = clock
        self._turns: OrderedDict[tuple[str, str], RecentTurn] = OrderedDict()
        self._events = 0
        self._lock = threading.Lock()

    def find(self, conversation: str, delivery: str) -> RecentTurn | None:
        """Return what is remembered of a turn, None if it is not."""
        return self._turns.get((conversation, delivery))

    def newest(self, *, conversation: str | None = None, limit: int) -> Sequence[RecentTurn]:
        """Return at most ``limit`` turns that have begun, of one conversation or of all, the one that was heard of last
        first."""
        with self._lock:
            found = [
                turn
                for turn in reversed(self._turns.values())
                if turn.attempt and (conversation is None or turn.conversation == conversation)
            ]
        return found[:limit]

    def forget(self, person: str | None, conversations: Collection[str]) -> None:
        """Forget the turns of a person (``UserRef.key``), if one is named, and all turns of conversations: an error may
        have people's words in it."""
        with self._lock:
            gone = [
                place
                for place, turn in self._turns.items()
                if turn.conversation in conversations or (person is not None and turn.person == person)
            ]
            for place in gone:
                self._events -= len(self._turns.pop(place).events)

    # What an observer is told

    def accepted(self, what: DeliveryAccepted, /) -> None:
        """Remember a delivery that was stored, or was known already. The rest has no turn."""
        if what.outcome not in ("new", "duplicate"):
            return
        with self._lock:
            turn = self._turn(what.conversation, what.delivery, known=what.outcome == "duplicate")
            if turn is not None:
                turn.platform, turn.kind = what.platform, what.kind
                self._add(turn, "accepted", what.kind, what.outcome, what.seconds)

    def turn_begun(self, what: TurnBegun, /) -> None:
        """Remember that a run of a turn begins."""
        with self._lock:
            turn = self._turn(what.conversation, what.delivery)
            assert turn is not None
            turn.platform, turn.kind, turn.person = what.platform, what.kind, what.person
            turn.received_at, turn.attempt = what.received_at, what.attempt
            turn.state, turn.seconds = "runs", None
            self._add(turn, "begun", str(what.attempt), "", what.waited)

    def turn_waits(self, what: TurnWaits, /) -> None:
        """Remember that a turn waits for an answer, or goes on."""
        with self._lock:
            turn = self._turn(what.conversation, what.delivery)
            assert turn is not None
            turn.state = "asks" if what.begins else "runs"
            self._add(turn, "asks" if what.begins else "goes_on", "", "")

    def turn_ended(self, what: TurnEnded, /) -> None:
        """Remember how a run of a turn ended."""
        with self._lock:
            turn = self._turn(what.conversation, what.delivery)
            assert turn is not None
            turn.platform, turn.kind = what.platform, what.kind
            turn.state, turn.seconds, turn.attempt = what.outcome, what.seconds, what.attempt
            self._add(turn, "ended", str(what.attempt), what.outcome, what.seconds, what.error)

    def step_begun(self, what: StepBegun, /) -> None:
        """Remember that a handler or a step begins."""
        self._within(what.conversation, what.delivery, "step", what.name, "")

    def step_ended(self, what: StepEnded, /) -> None:
        """Remember how long a handler or a step took."""
        outcome = "failed" if what.error else "done"
        self._within(what.conversation, what.delivery, "step", what.name, outcome, what.seconds, what.error)

    def called(self, what: PlatformCall, /) -> None:
        """Remember a try of a call to the platform."""
        if what.delivery is not None:
            self._within(what.conversation, what.delivery, "call", what.method, what.outcome, what.seconds, what.error)

    def streamed(self, what: StreamChanged, /) -> None:
        """Remember that a stream began or ended; each edit of it is a call of its own."""
        if what.delivery is not None and what.change != "edited":
            name = "native stream" if what.native else "stream of edits"
            self._within(what.conversation, what.delivery, "stream", name, what.change)

    # What is remembered

    def _within(
        self,
        conversation: str,
        delivery: str,
        what: What,
        name: str,
        outcome: str,
        seconds: float | None = None,
        error: str = "",
    ) -> None:
        """Remember what happened in a turn that is known."""
        with self._lock:
            turn = self._turn(conversation, delivery, known=True)
            if turn is not None:
                self._add(turn, what, name, outcome, seconds, error)

    def _turn(self, conversation: str, delivery: str, *, known: bool = False) -> RecentTurn | None:
        """Return what is remembered of a turn; if it is not ``known``, from now on."""
        place = (conversation, delivery)
        turn = self._turns.get(place)
        if turn is None:
            if known:
                return None
            turn = self._turns[place] = RecentTurn(conversation, delivery)
        self._turns.move_to_end(place)
        while len(self._turns) > self._most or (self._events > MOST_IN_ALL and len(self._turns) > 1):
            _, forgotten = self._turns.popitem(last=False)
            self._events -= len(forgotten.events)
        return turn

    def _add(
        self,
        turn: RecentTurn,
        what: What,
        name: str,
        outcome: str,
        seconds: float | None = None,
        error: str = "",
    ) -> None:
        now, events = self._clock(), turn.events
        last = events[-1] if events else None
        if last is not None and (last.what, last.name, last.outcome, last.error) == (what, name, outcome, error):
            last.count += 1
            last.last_at = now
            if seconds is not None:
                last.seconds = (last.seconds or 0.0) + seconds
        elif len(events) < MOST_EVENTS or what == "ended":
            events.append(TurnEvent(now, what, name[:200], outcome, seconds, error, last_at=now))
            self._events += 1
        else:
            turn.more += 1
