"""What happens in a gateway, told to whoever observes it: counts for ``/readyz``, metrics, traces, pages for operators.

Everything but steps is told on the event loop, in the order in which it happened, with values that cannot be changed.
An ``Observer`` only takes notes: it must not wait, and what it raises is logged once and changes nothing.
"""

import traceback
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import structlog

from gateway.redaction import redact

log = structlog.get_logger(__name__)

ERROR_LIMIT = 500
"""Characters of an error that observers are told at most."""

DeliveryOutcome: TypeAlias = Literal["new", "duplicate", "ignored", "answered", "denied", "quota", "refused", "failed"]
"""What became of a delivery that a platform sent: it was stored (``new``), was known already (``duplicate``), concerns
the bot in nothing (``ignored``), was answered in place and needs no turn (``answered``), came from somebody whom the
access policy keeps out (``denied``) or who has used up what they may (``quota``), came while the gateway ends
(``refused``), or could not be stored, so that the platform sends it again (``failed``)."""

TurnOutcome: TypeAlias = Literal["done", "stopped", "refused", "failed", "dead", "handed_over"]
"""How a run of a turn ended: its handlers returned (``done``), a person stopped it (``stopped``), its click or form is
not taken any more (``refused``), it failed and runs again (``failed``), it failed for good and is a dead letter
(``dead``), or another process goes on with it (``handed_over``)."""

CallOutcome: TypeAlias = Literal[
    "ok",
    "rate_limited",
    "unavailable",
    "forbidden",
    "gone",
    "too_large",
    "rejected",
    "unsupported",
    "cancelled",
    "error",
]
"""How one try of a platform call ended, by what its caller does next (``gateway.errors``)."""


class DeliveryAccepted(NamedTuple):
    """A platform delivered something, and was answered."""

    platform: str
    conversation: str
    """The conversation's key (``ConversationRef.key``)."""
    delivery: str
    """The delivery's key, which names the thing that was delivered and not the attempt."""
    kind: str
    """What it is (``Event.kind``, such as ``message_created``); empty where it is nothing a bot can be told."""
    outcome: DeliveryOutcome
    seconds: float
    """From when the adapter had read it until it could be acknowledged."""


class TurnBegun(NamedTuple):
    """A run of a turn begins: it has waited for its conversation and for a place to run."""

    platform: str
    conversation: str
    delivery: str
    kind: str
    attempt: int
    """1 for the first run of the turn."""
    received_at: float
    """When the delivery arrived, in seconds since the epoch."""
    waited: float
    """Seconds from the delivery's arrival until now; what an earlier run and its pause took is part of it."""
    person: str
    """The key of the user whose turn it is (``UserRef.key``); empty for an event of the platform itself."""


class TurnWaits(NamedTuple):
    """A turn begins to wait for a person's answer, or goes on."""

    platform: str
    conversation: str
    delivery: str
    begins: bool
    """True when the turn begins to wait, False when it goes on."""


class TurnEnded(NamedTuple):
    """A run of a turn has ended, and the store knows how."""

    platform: str
    conversation: str
    delivery: str
    kind: str
    attempt: int
    outcome: TurnOutcome
    seconds: float
    """From the beginning of the run; what it waited for answers is part of it. 0 for a turn that was given up without
    another run."""
    error: str
    """What was raised, without secrets; empty where nothing was."""


class StepBegun(NamedTuple):
    """A part of a turn begins: a hook or a handler of the bot, or a step that it shows (``cl.Step``). It is told in the
    context in which the part runs, which may be a thread of the bot."""

    conversation: str
    delivery: str
    step: str
    """The id of the step."""
    parent: str | None
    """The id of the step it lies inside of."""
    name: str
    type: str
    """``run`` for a hook or a handler, else the type of the ``cl.Step`` (``tool``, ``llm``, …)."""


class StepEnded(NamedTuple):
    """A part of a turn has ended, in the context in which it began if the bot's code keeps to that."""

    conversation: str
    delivery: str
    step: str
    name: str
    type: str
    seconds: float
    error: str
    """The type of what was raised; empty where nothing was."""


class PlatformCall(NamedTuple):
    """One try of one call to a platform has ended. A call that is retried is told once for each try."""

    platform: str
    conversation: str
    delivery: str | None
    """The delivery whose turn made the call; None outside of a turn."""
    method: str
    """What was asked of the adapter: ``post``, ``edit``, ``append_stream``, ``status``, …"""
    outcome: CallOutcome
    seconds: float
    error: str
    """What was raised, without secrets; empty where nothing was."""


class StreamChanged(NamedTuple):
    """A message that grows while it is written was begun, brought up to date, or ended."""

    platform: str
    conversation: str
    delivery: str | None
    change: Literal["begun", "edited", "ended"]
    native: bool
    """Whether it is a stream of the platform's own kind; else the message is edited."""


class Commit(NamedTuple):
    """The store has committed a batch of operations, or failed to."""

    operations: int
    seconds: float
    failed: bool
    """Whether the store could not write."""


class SessionChanged(NamedTuple):
    """A session is in memory from now on, or no longer."""

    platform: str
    conversation: str
    change: Literal["new", "restored", "left"]


class Observer:
    """What is told of everything that happens. Each method does nothing by default, so that an implementation (a
    subclass) says only what it is interested in."""

    def accepted(self, what: DeliveryAccepted, /) -> None:
        """A platform delivered something."""

    def turn_begun(self, what: TurnBegun, /) -> None:
        """A run of a turn begins; told in the context in which its handlers run."""

    def turn_waits(self, what: TurnWaits, /) -> None:
        """A turn begins to wait for an answer, or goes on."""

    def turn_ended(self, what: TurnEnded, /) -> None:
        """A run of a turn has ended."""

    def step_begun(self, what: StepBegun, /) -> None:
        """A part of a turn begins."""

    def step_ended(self, what: StepEnded, /) -> None:
        """A part of a turn has ended."""

    def called(self, what: PlatformCall, /) -> None:
        """A try of a platform call has ended."""

    def streamed(self, what: StreamChanged, /) -> None:
        """A message that grows has changed on the platform."""

    def committed(self, what: Commit, /) -> None:
        """The store has written, or could not."""

    def session_changed(self, what: SessionChanged, /) -> None:
        """A session came into memory or left it."""

    def limit_met(self, limit: str, /) -> None:
        """A limit makes something wait, as ``/readyz`` names it."""

    def loop_blocked(self, seconds: float, /) -> None:
        """The event loop was held up for so long, which is over now."""


def error_text(error: BaseException) -> str:
    """Return what was raised as observers are told it: its type and text on one line, without secrets, of a long one
    the beginning."""
    text = " ".join("".join(traceback.format_exception_only(error))[: 2 * ERROR_LIMIT].split())
    return redact(text)[:ERROR_LIMIT]


_CALLS = tuple(name for name in vars(Observer) if not name.startswith("_"))


class Observers(Observer):
    """Tells several observers, each only what it has a method of its own for."""

    def __init__(self, *observers: Observer) -> None:
        self._told: dict[str, list[Callable[..., None]]] = {name: [] for name in _CALLS}
        self._failing: set[Callable[..., None]] = set()
        """What raised before, and was logged."""
        for observer in observers:
            self.add(observer)

    def add(self, observer: Observer) -> None:
        """Tell one more observer from now on."""
        for name, told in self._told.items():
            if getattr(type(observer), name) is not getattr(Observer, name):
                told.append(getattr(observer, name))

    def _tell(self, name: str, what: Any) -> None:
        for call in self._told[name]:
            try:
                call(what)
            except Exception as error:
                # A turn must not fail because somebody who only watches it does.
                if call not in self._failing:
                    self._failing.add(call)
                    log.exception("observer.failed", told=name, error=type(error).__name__)

    def accepted(self, what: DeliveryAccepted, /) -> None:
        self._tell("accepted", what)

    def turn_begun(self, what: TurnBegun, /) -> None:
        self._tell("turn_begun", what)

    def turn_waits(self, what: TurnWaits, /) -> None:
        self._tell("turn_waits", what)

    def turn_ended(self, what: TurnEnded, /) -> None:
        self._tell("turn_ended", what)

    def step_begun(self, what: StepBegun, /) -> None:
        self._tell("step_begun", what)

    def step_ended(self, what: StepEnded, /) -> None:
        self._tell("step_ended", what)

    def called(self, what: PlatformCall, /) -> None:
        self._tell("called", what)

    def streamed(self, what: StreamChanged, /) -> None:
        self._tell("streamed", what)

    def committed(self, what: Commit, /) -> None:
        self._tell("committed", what)

    def session_changed(self, what: SessionChanged, /) -> None:
        self._tell("session_changed", what)

    def limit_met(self, limit: str, /) -> None:
        self._tell("limit_met", limit)

    def loop_blocked(self, seconds: float, /) -> None:
        self._tell("loop_blocked", seconds)
