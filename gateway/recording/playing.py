"""Plays a recording: delivers what arrived to a bot on emulated platforms, over the wire, and hears what goes out."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from gateway.adapter import Adapter
from gateway.ingress.activity import ConversationActivity
from gateway.model import ConversationRef, Envelope
from gateway.recording.calls import JSON, ref_json, references_in
from gateway.recording.file import Recording
from gateway.recording.listening import heard
from gateway.recording.mapping import Renaming, unknown_references
from gateway.recording.shown import Item, Shown, conversation_name, fresh_deliveries, shown_of

log = structlog.get_logger(__name__)

TAKEN_WITHIN = 3.0
"""Seconds within which the bot has to take what was delivered, on a platform that does not hear whether it did."""


class Stage(Protocol):
    """Plays payloads of elsewhere on an emulated platform."""

    names: dict[str, str]
    """Names of people, by their ids, where a payload does not tell them."""

    def own_ids(self, payload: JSON) -> Mapping[str, str]:
        """Return ids of a payload that stand for what the emulator has already, each with the emulator's own id."""
        ...

    def stage(self, payload: JSON, *, thread: str | None = None) -> None:
        """Add the people and places of a payload. ``thread`` is the thread it belongs to."""
        ...

    async def deliver(self, payload: JSON, *, thread: str | None = None) -> bool:
        """Deliver a payload to the bot. Returns whether it is known by then that the bot took it or did not."""
        ...


@dataclass(slots=True)
class Arrival:
    """A delivery of the recording, and what became of it in the replay."""

    number: int
    at: float
    """When it arrived, in seconds since the recording began."""
    platform: str
    conversation: str
    thread: str | None
    busy: bool
    """Whether a turn was running in its conversation."""
    body: JSON
    then: JSON = field(default_factory=dict[str, Any])
    """What came of it then: ``accepted_json``, or ``error_json``."""
    now: JSON | None = None
    """What came of it now; None where the bot did not take it."""
    skipped: str | None = None
    """Why it was not delivered; None where it was."""
    fresh: bool = True
    """Whether it began or changed something then, and did not just come a second time."""
    together: bool = False
    """Whether it arrived while the one before it was still being taken."""
    progress: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """How far conversations had come when it arrived (``Conversation.progress``)."""


@dataclass(slots=True)
class _Call:
    conversation: str
    method: str
    args: JSON
    window: int


class Player:
    """Plays one recording. Implements ``Listener`` for the adapters of the bot."""

    def __init__(self, recording: Recording, stages: Mapping[str, Stage], *, speed: float, patience: float) -> None:
        """Make the people and places that the recording speaks of.

        Args:
            recording: What is played.
            stages: The emulated platforms, by name. What arrived from others is left out.
            speed: How much faster than it was; 0 for as fast as the bot comes to rest.
            patience: Seconds to wait for the bot to come as far as it had come before the next delivery.
        """
        self._stages = stages
        self._speed = speed
        self._patience = patience
        self.renaming = Renaming()
        self._place(recording)
        lines = [self._canonical(line) for line in recording.lines if line["kind"] != "full"]
        self.then = shown_of(lines)
        """What people saw then."""
        self.arrivals = _arrivals(lines, stages)
        """The deliveries, in the order in which they came."""
        self.now = Shown()
        """What people see now, by the conversations' names in the recording."""
        self._by_window = _windows(self.then)
        self._refs: dict[str, ConversationRef] = {}
        self._activity: ConversationActivity | None = None
        self._changed = asyncio.Condition()
        self._expected: list[Arrival] = []
        """The deliveries that were handed to the platforms and have not arrived yet."""
        self._deliveries: dict[int, Arrival] = {}
        self._calls: dict[int, _Call] = {}
        self._count = 0
        self._end = max((line.get("t", 0.0) + line.get("took", 0.0) for line in lines), default=0.0)

    def wrap(self, adapter: Adapter, activity: ConversationActivity) -> Adapter:
        """Return the adapter as one whose deliveries and calls the player hears of."""
        self._activity = activity
        return heard(adapter, self)

    def _place(self, recording: Recording) -> None:
        arrived = [line for line in recording.lines if line["kind"] == "arrived"]
        for line in arrived:
            if (stage := self._stages.get(line["to"]["platform"])) is not None:
                for theirs, own in stage.own_ids(line["body"]).items():
                    self.renaming.learn(theirs, own)
        for line in recording.lines:
            name = line["result"].get("display_name") if line["kind"] == "call" else None
            if isinstance(name, str) and (stage := self._stages.get(line["to"]["platform"])) is not None:
                stage.names.setdefault(self.renaming.now(str(line["args"].get("user"))), name)
        for line in arrived:
            if (stage := self._stages.get(line["to"]["platform"])) is not None:
                stage.stage(self.renaming.now(line["body"]), thread=self.renaming.now(line["to"].get("thread")))

    def _canonical(self, line: JSON) -> JSON:
        """Return a line of which the conversation has one name, where two ids stand for the same in the replay."""
        return {**line, "to": self.renaming.then(self.renaming.now(line["to"]))} if "to" in line else line

    # -- playing

    async def play(self) -> None:
        """Deliver everything, and wait until the bot has come to rest."""
        began = time.monotonic()
        under_way: set[asyncio.Task[None]] = set()
        for arrival in self.arrivals:
            if not arrival.together and under_way:
                await asyncio.gather(*under_way)
                under_way.clear()
            if self._speed:
                await asyncio.sleep(max(0.0, began + arrival.at / self._speed - time.monotonic()))
            elif not arrival.together:
                await self._until_as_far(arrival)
            under_way.add(asyncio.create_task(self._deliver(arrival)))
            await asyncio.sleep(0)  # so that they are sent in their order
        await asyncio.gather(*under_way)
        if self._speed:
            await asyncio.sleep(max(0.0, began + self._end / self._speed - time.monotonic()))
        await self._until(self._all_at_rest)

    async def _deliver(self, arrival: Arrival) -> None:
        stage = self._stages[arrival.platform]
        if unknown_references(arrival.body, self.renaming):
            await self._until(lambda: not unknown_references(arrival.body, self.renaming) or self._all_at_rest())
        if unknown_references(arrival.body, self.renaming):
            arrival.skipped = "it uses a control of a message that this bot did not send"
            return
        self._expected.append(arrival)
        thread: str | None = self.renaming.now(arrival.thread)
        if not await stage.deliver(self.renaming.now(arrival.body), thread=thread):
            await self._until(lambda: arrival.now is not None, within=TAKEN_WITHIN)
        if arrival in self._expected:
            self._expected.remove(arrival)

    async def _until_as_far(self, arrival: Arrival) -> None:
        """Wait until the bot has come as far as it had come then: where no turn was running in the conversation, until
        none is."""
        if not arrival.busy:
            await self._until(lambda: self._at_rest(arrival.conversation))
        await self._until(lambda: all(self._has_come(*each) for each in arrival.progress.items()))

    def _has_come(self, conversation: str, progress: tuple[int, int]) -> bool:
        return self.now.conversation(conversation).progress >= progress or self._at_rest(conversation)

    def _at_rest(self, conversation: str) -> bool:
        ref = self._refs.get(conversation)
        return ref is None or self._activity is None or not self._activity.is_busy(ref.key)

    def _all_at_rest(self) -> bool:
        return not self._calls and all(self._at_rest(each) for each in self._refs)

    async def _until(self, done: Any, *, within: float | None = None) -> None:
        """Wait until something is so, looking whenever something was heard, and now and then."""
        ends = time.monotonic() + (self._patience if within is None else within)
        while not done() and (left := ends - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, 0.02)), self._changed:
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _notice(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._noticing = asyncio.get_running_loop().create_task(notify())

    # -- Listener

    def arrived(self, envelope: Envelope) -> int:
        self._count += 1
        name = self._name(ref_json(envelope.ref))
        self._refs[name] = envelope.ref
        expected = next((each for each in self._expected if each.conversation == name), None)
        if expected is None and self._expected:
            expected = self._expected[0]
        if expected is not None:
            self._expected.remove(expected)
            self._deliveries[self._count] = expected
            if expected.fresh:
                self.now.arrived(name, expected.number)
        return self._count

    def accepted(self, number: int, result: JSON) -> None:
        arrival = self._deliveries.get(number)
        if arrival is None:
            return
        self._learn([each for each, _ in references_in(arrival.then)], [each for each, _ in references_in(result)])
        if arrival.now is None or "failure" in arrival.now:
            arrival.now = result
        self._notice()

    def calling(self, method: str, to: JSON, args: JSON) -> int:
        self._count += 1
        name = self._name(to)
        self._calls[self._count] = _Call(name, method, args, self.now.conversation(name).window)
        return self._count

    def called(self, number: int, result: JSON) -> None:
        call = self._calls.pop(number)
        item = self.now.called(call.conversation, call.method, call.args, result, window=call.window)
        if item is not None:
            self._pair(call.conversation, item)
        self._notice()

    def _name(self, to: JSON) -> str:
        return conversation_name(self.renaming.then(to))

    def _pair(self, conversation: str, item: Item) -> None:
        """Learn from an item what that in its place then is called now."""
        here = [each for each in self.now.conversation(conversation).items if each.window == item.window]
        there: Sequence[Item] = self._by_window.get((conversation, item.window), ())
        place = next(index for index, each in enumerate(here) if each is item)
        if place < len(there):
            self.renaming.learn(there[place].id, item.id)
            self._learn(there[place].references, item.references)

    def _learn(self, then: Sequence[str], now: Sequence[str]) -> None:
        for theirs, own in zip(then, now, strict=False):
            self.renaming.learn(theirs, own)


def was_refused(result: JSON | None) -> bool:
    """Whether the rules of the operator turned a delivery down, which no bot saw therefore: they are not recorded."""
    return result is not None and result.get("status") in ("denied", "quota")


def _arrivals(lines: Sequence[JSON], stages: Mapping[str, Stage]) -> list[Arrival]:
    """Return the deliveries of platforms that are played, each with how far conversations had come by then."""
    results = {line["n"]: line["result"] for line in lines if line["kind"] == "accepted"}
    taken_at = {line["n"]: float(line["t"]) for line in lines if line["kind"] == "accepted"}
    fresh = fresh_deliveries(lines)
    found: list[Arrival] = []
    shown, touched = Shown(), set[str]()
    for line in sorted(lines, key=lambda line: line["t"] + line.get("took", 0.0)):
        name = conversation_name(line["to"]) if "to" in line else ""
        if line["kind"] == "call":
            shown.called(name, line["method"], line["args"], line["result"])
            touched.add(name)
        elif line["kind"] == "arrived" and line["to"]["platform"] in stages and not was_refused(results.get(line["n"])):
            arrival = Arrival(
                number=line["n"],
                at=line["t"],
                platform=line["to"]["platform"],
                conversation=name,
                thread=line["to"].get("thread"),
                busy=bool(line.get("busy")),
                body=line["body"],
                then=results.get(line["n"], {}),
                fresh=line["n"] in fresh,
                together=bool(found) and line["t"] < taken_at.get(found[-1].number, 0.0),
                progress={each: shown.conversation(each).progress for each in touched},
            )
            found.append(arrival)
            touched.clear()
    return found


def _windows(shown: Shown) -> Mapping[tuple[str, int], Sequence[Item]]:
    found: dict[tuple[str, int], list[Item]] = {}
    for name, conversation in shown.conversations.items():
        for item in conversation.items:
            found.setdefault((name, item.window), []).append(item)
    return found
