"""Compares what people saw then with what they see now."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from gateway.recording.calls import JSON
from gateway.recording.file import Recording
from gateway.recording.mapping import Renaming
from gateway.recording.playing import Arrival, Player, was_refused
from gateway.recording.replacing import Replacer, Words
from gateway.recording.shown import Item

Result = Literal["same", "differs", "missing", "more", "skipped"]
"""``missing``: it was there then and is not now; ``more``: the other way round; ``skipped``: it could not be played."""

_DROPPED = frozenset({"token", "feedback", "key", "id", "size", "user", "tries"})
"""Fields that differ from run to run, or say no more than another one."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_STAMP = re.compile(r"<t:\d+(?::\w)?>")
_REFERENCE = re.compile(r"(`)[^`\s]{6,16}(`)$", re.MULTILINE)
"""The reference of a failure, which is made of the delivery's ids."""
_DIGITS = re.compile(r"0+")
_ID = re.compile(r"\b(?:(?=[A-Z]*\d)[A-Z][A-Z0-9]{2,20}|\d{15,20}|\d{10}\.\d{6})\b")


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that people saw, then and now."""

    result: Result
    platform: str
    conversation: str
    after: int
    """The number of the delivery after which it came; 0 for none."""
    what: str
    then: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    note: str = ""

    @property
    def diff(self) -> list[str]:
        """The lines that differ, as ``diff -u`` shows them, without its header."""
        return list(difflib.unified_diff(self.then, self.now, "then", "now", lineterm="", n=1))[2:]


class _Plain:
    """Leaves all names as they are: those of a replay are put back to the recording's already. Implements ``Names``."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = frozenset(ids)

    def id(self, given: str) -> str:
        return given

    def is_known(self, given: str) -> bool:
        return given in self._ids

    def reference(self, given: str) -> str | None:
        return None

    def refer(self, given: str, kind: str) -> str:
        return given

    def seconds(self, given: int) -> int:
        return given

    def moment(self, given: str) -> str:
        return given


class Comparer:
    """Compares a replay with its recording."""

    def __init__(self, recording: Recording, player: Player) -> None:
        self._player = player
        self._renaming: Renaming = player.renaming
        self._words: Words = recording.header["words"]
        arrived = json.dumps([line.get("body") for line in recording.lines])
        self._ids = frozenset(_ID.findall(arrived))
        """Ids that the bot can know of: any other one is its own, and another one in each run."""
        commands = [
            str(each.get("command", "")).removeprefix("/")
            for line in recording.lines
            if line.get("method") == "set_commands"
            for each in line["args"].get("commands", ())
        ]
        self._replacer = Replacer(_Plain(self._ids), words=self._words, commands=commands)
        self._replacer.commands.update(_COMMANDS)
        outcomes = [line for line in recording.lines if line["kind"] == "accepted"]
        self._refused = {line["n"] for line in outcomes if was_refused(line["result"])}
        for line in recording.lines:
            if line["kind"] == "arrived":
                self._replacer.value(line["body"])  # from which it learns the names of people

    def compare(self) -> list[Compared]:
        """Return everything that people saw, in the order of the deliveries after which it came."""
        found = [each for arrival in self._player.arrivals for each in self._answer(arrival)]
        names = [*self._player.then.conversations, *self._player.now.conversations]
        for name in dict.fromkeys(names):
            found += self._conversation(name)
        return sorted(found, key=lambda each: each.after)

    def _answer(self, arrival: Arrival) -> list[Compared]:
        """Compare what a delivery was answered with."""

        def compared(result: Result, then: Sequence[str] = (), now: Sequence[str] = (), note: str = "") -> Compared:
            return Compared(
                result, arrival.platform, arrival.conversation, arrival.number, "answer", tuple(then), tuple(now), note
            )

        if arrival.skipped is not None:
            return [compared("skipped", note=arrival.skipped)]
        if not arrival.then:
            return []  # the recording ended before it was answered
        then = self._outcome(arrival.then, lambda value: value)
        if arrival.now is None:
            return [compared("missing", then, note="the bot did not take it")]
        now = self._outcome(arrival.now, self._put_back)
        return [] if then == now else [compared("differs", then, now)]

    def _outcome(self, result: JSON, put: Callable[[Any], Any]) -> list[str]:
        if "failure" in result:
            return [f"failed: {result['failure']}"]
        answer = result.get("answer")
        lines = ["taken" if result.get("status") in ("new", "duplicate") else str(result.get("status"))]
        return lines if answer is None else [*lines, *self._lines(put(answer))]

    def _conversation(self, name: str) -> list[Compared]:
        then, now = self._player.then.conversation(name).items, self._player.now.conversation(name).items
        skipped = {each.number for each in self._player.arrivals if each.skipped is not None} | self._refused
        found: list[Compared] = []
        for window in sorted({each.window for each in (*then, *now)}):
            if window not in skipped:
                before = [each for each in then if each.window == window]
                found += self._window(name, window, before, [each for each in now if each.window == window])
        return found

    def _window(self, name: str, window: int, then: Sequence[Item], now: Sequence[Item]) -> list[Compared]:
        platform = name.partition("/")[0]
        before = [tuple(self._shown(each, lambda value: value)) for each in then]
        after = [tuple(self._shown(each, self._put_back)) for each in now]
        found: list[Compared] = []
        for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            pairs = min(b - a, d - c)
            result: Result = "same" if tag == "equal" else "differs"
            for at in range(pairs):
                what = then[a + at].what
                found.append(Compared(result, platform, name, window, what, before[a + at], after[c + at]))
            found += [
                Compared("missing", platform, name, window, then[at].what, before[at]) for at in range(a + pairs, b)
            ]
            found += [
                Compared("more", platform, name, window, now[at].what, (), after[at]) for at in range(c + pairs, d)
            ]
        return found

    def _put_back(self, value: Any) -> Any:
        """Return JSON of the replay as the recording would have it."""
        return self._replacer.value(self._renaming.then(value))

    def _shown(self, item: Item, put: Callable[[Any], Any]) -> list[str]:
        lines = self._lines(put(item.content))
        if item.what != "message":
            lines = [f"{item.what}:", *lines]
        if item.failure is not None:
            lines.append(f"failed: {item.failure}")
        if item.deleted:
            lines.append("deleted")
        return lines

    def _lines(self, content: Mapping[str, Any]) -> list[str]:
        """Return what a message shows as lines that can be compared."""
        lines = self._plain(str(content.get("text") or "")).strip().split("\n")
        for name, value in content.items():
            if name == "text" or value in (None, "", [], {}):
                continue
            if name == "feedback":
                lines.append("[thumbs]")
            elif name in ("buttons", "menus", "cards", "files", "citations", "fields", "errors"):
                lines += [f"[{name}] {self._compact(each)}" for each in value]
            elif name not in _DROPPED:
                lines.append(f"[{name}] {self._compact(value)}")
        return lines

    def _compact(self, value: Any) -> str:
        shown = json.dumps(_without(value), ensure_ascii=False) if isinstance(value, dict | list) else str(value)
        return self._plain(shown)

    def _plain(self, text: str) -> str:
        """Return a text without what differs from run to run by itself."""
        text = _REFERENCE.sub(r"\1…\2", _STAMP.sub("<time>", _TIME.sub("<time>", text)))
        text = _ID.sub(lambda match: match[0] if match[0] in self._ids else "<id>", text)
        return _DIGITS.sub("0", text) if self._words == "mask" else text


_COMMANDS = frozenset({"new", "settings", "profile", "stop"})


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        members = cast(Mapping[str, Any], value)
        dropped = _DROPPED | {"value"} if "label" in members else _DROPPED
        return {name: _without(each) for name, each in members.items() if name not in dropped}
    if isinstance(value, list):
        return [_without(each) for each in cast(Sequence[Any], value)]
    return value
