"""Shows the steps of a turn: in the native stream that is open, where the platform shows tasks in it, else on a board,
which is one message that is edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from gateway.egress import MessageStream
from gateway.model import Outgoing, Plan, TaskUpdate
from gateway.runtime.live import LiveMessage

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn

Cot: TypeAlias = Literal["hidden", "tool_call", "full"]
"""Which steps are shown: none, those of type ``tool``, or all."""

KEPT = 50
"""Number of steps that are shown at most; older ones are counted."""
_ROOMS = (2000, 500, 200, 60, 0)
"""Characters of a step's input and of its output that are shown, the first of these with which all steps fit."""
_LINE = 24
"""Characters that a step takes beside its texts: icon, duration, indentation."""
_CARD_ROOM = 200
"""The same of a step in a stream."""
_MORE = "more"
"""Id of the card that counts the steps a stream has no room for."""


class ShownStep(Protocol):
    """A step, as far as the board has to know it."""

    type: str
    id: str

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended."""
        ...

    @property
    def shown_name(self) -> str:
        """Its name as people read it."""
        ...

    def as_task(self, room: int) -> TaskUpdate:
        """Return what is shown of it now: at most ``room`` characters of its input, and of its output."""
        ...


class StepBoard:
    """The steps of one phase of a turn. All methods are called on the event loop."""

    def __init__(self, turn: Turn, cot: Cot) -> None:
        self._turn = turn
        self._cot = cot
        self.run: ShownStep | None = None
        """The step that stands for the call of the handler itself; it is not shown."""
        self._steps: dict[str, ShownStep] = {}
        self._order: list[str] = []
        """Ids of the steps on the board, each behind the step it lies inside of."""
        self._depths: dict[str, int] = {}
        """How many steps each step lies inside of, those in streams included."""
        self._left_out = 0
        """Number of steps that were on the board before there were too many."""
        self._message: LiveMessage | None = None
        self._cards: dict[str, _Cards] = {}
        """The stream each step is shown in."""
        self._streams: dict[MessageStream, _Cards] = {}
        self._running: dict[str, str] = {}
        """Names of running steps by id, in the order in which they began."""

    @property
    def conversation(self) -> str:
        """The conversation (``ConversationRef.key``) the board is in."""
        return self._turn.ref.key

    def shows(self, step: ShownStep) -> bool:
        """Return whether people see such a step."""
        return self._cot == "full" or (self._cot == "tool_call" and step.type == "tool")

    def put(self, step: ShownStep, parent: str | None) -> None:
        """Show a step as it is now, inside of the shown step with the id ``parent``."""
        if not self.shows(step):
            return
        self._name_work(step)
        cards = self._cards.get(step.id)
        if cards is not None and cards.stream.takes_tasks:
            cards.put(step, self._depths[step.id])
            return
        if step.id not in self._depths:
            self._depths[step.id] = 0 if parent is None else self._depths.get(parent, -1) + 1
            if (stream := self._open_stream()) is not None:
                cards = self._cards[step.id] = self._cards_in(stream)
                cards.put(step, self._depths[step.id])
                return
            self._place(step, parent)
        elif step.id not in self._steps:
            if cards is None:
                return  # it was left out: there are too many newer ones
            del self._cards[step.id]  # its stream ended before it did
            self._place(step, parent)
            self._recover()
        self._live().changed()

    def settle(self) -> None:
        """The turn ends: put on the board what a stream was given and does not show."""
        if self._recover():
            self._live().changed(soon=False)

    def _recover(self) -> bool:
        lost = [step for stream, cards in self._streams.items() if stream.tasks_lost for step in cards.steps.values()]
        lost = [step for step in lost if self._cards.pop(step.id, None) is not None]
        for step in lost:
            self._place(step, None)
        return bool(lost)

    async def drop(self, step: ShownStep) -> bool:
        """Take a step off the board; False where it is not on it (a stream takes nothing back)."""
        self._running.pop(step.id, None)
        if step.id not in self._steps:
            return False
        self._forget(step.id)
        if self._steps or self._left_out:
            self._live().changed()
        else:
            await self._live().remove()
        return True

    def _live(self) -> LiveMessage:
        if self._message is None:
            self._message = LiveMessage(self._turn, self._outgoing, name="steps", optional=True)
        return self._message

    def _open_stream(self) -> MessageStream | None:
        streams = [posting.stream for posting in self._turn.streaming]
        return next((stream for stream in streams if stream is not None and stream.takes_tasks), None)

    def _cards_in(self, stream: MessageStream) -> _Cards:
        cards = self._streams.get(stream)
        if cards is None:
            room = self._turn.sender.capabilities(self._turn.ref).stream_limit // 3
            cards = self._streams[stream] = _Cards(stream, room)
        return cards

    def _place(self, step: ShownStep, parent: str | None) -> None:
        at = len(self._order)
        if parent in self._steps:
            at = self._order.index(parent) + 1
            while at < len(self._order) and self._depths[self._order[at]] > self._depths[parent]:
                at += 1
        self._steps[step.id] = step
        self._order.insert(at, step.id)
        if len(self._order) > KEPT:
            ended = (each for each in self._order if not self._steps[each].running and each != step.id)
            self._forget(next(ended, self._order[0]))
            self._left_out += 1

    def _forget(self, id: str) -> None:
        del self._steps[id]
        self._order.remove(id)

    def _name_work(self, step: ShownStep) -> None:
        """Let the sign that the bot works say which step it is at."""
        self._running.pop(step.id, None)
        if step.running:
            self._running[step.id] = step.shown_name
        name = next(reversed(self._running.values()), None)
        self._turn.typing.say(None if name is None else f"{name}…")

    def _outgoing(self) -> Outgoing:
        room = self._turn.sender.capabilities(self._turn.ref).text_limit * 3 // 4
        tasks, more = _fitted([(self._steps[id], self._depths[id]) for id in self._order], room)
        left_out = self._left_out + more
        status = f"{left_out} earlier step{'s' if left_out > 1 else ''} not shown" if left_out else ""
        return Outgoing(plan=Plan(kind="steps", status=status, tasks=tasks))


class _Cards:
    """The steps shown in one native stream, which they share with its text."""

    def __init__(self, stream: MessageStream, room: int) -> None:
        self.stream = stream
        self.steps: dict[str, ShownStep] = {}
        self._room = room
        """Characters that more cards can take. Slack counts the texts of a card twice."""
        self._shown: set[str] = set()

    def put(self, step: ShownStep, depth: int) -> None:
        """Show a step. Its input goes with the first card and its output with the last, because it is documented
        nowhere whether Slack appends or replaces them."""
        new = step.id not in self.steps
        self.steps[step.id] = step
        task = replace(step.as_task(_CARD_ROOM), depth=depth)
        task = replace(task, details=task.details if new else "", output="" if step.running else task.output)
        if new and len(self._shown) < KEPT and self._takes(len(task.title) + _LINE):
            self._shown.add(step.id)
        if step.id not in self._shown:
            more = len(self.steps) - len(self._shown)
            task = TaskUpdate(id=_MORE, title=f"{more} more step{'s' if more > 1 else ''}", status="complete")
        elif (texts := 2 * (len(task.details) + len(task.output))) and not self._takes(texts):
            task = replace(task, details="", output="")
        self.stream.tasks([task])

    def _takes(self, size: int) -> bool:
        fits = size <= self._room
        self._room -= size if fits else 0
        return fits


def _fitted(steps: Sequence[tuple[ShownStep, int]], room: int) -> tuple[tuple[TaskUpdate, ...], int]:
    """Return the steps as tasks that take no more than ``room`` characters together, and how many of the oldest had to
    be left out for that: long texts are cut first."""
    tasks: list[TaskUpdate] = []
    for each in _ROOMS:
        tasks = [replace(step.as_task(each), depth=depth) for step, depth in steps]
        if sum(map(_size, tasks)) <= room:
            return tuple(tasks), 0
    at, taken = len(tasks), 0
    while at > 0 and (taken := taken + _size(tasks[at - 1])) <= room:
        at -= 1
    return tuple(tasks[at:]), at


def _size(task: TaskUpdate) -> int:
    return len(task.title) + len(task.details) + len(task.output) + _LINE + 2 * task.depth
