"""Writes what was done in the playground as a test for pytest."""

import re
from collections.abc import Collection, Mapping

from gateway.drivers.base import ME
from gateway.drivers.steps import Step
from gateway.drivers.values import FieldInput, File, Place, Said
from gateway.playground.recorder import INLINE, Answer, Done, Recorder

_SHOWN = 60
"""Characters of a message that a test looks for: its beginning, which says enough and seldom changes."""
_CHANGES = re.compile(r"<[@#!]| \(\d|https?://127\.0\.0\.1|Reference: `|\d{4}-\d\d-\d\d|\d\d?:\d\d")
"""Where a text becomes what is another one at the next run: mentions by id, durations, addresses, references, times."""

_HEADER = '''"""What was done in the playground, as a test. Put it beside the bot's file; run it with: pytest {file}"""

{imports}


@pytest.mark.asyncio
@pytest.mark.gateway(bot={bot}, platforms=[{platform}])
async def test_saved_from_the_playground(user):
'''


def file_name(platform: str) -> str:
    """Return what the test's file is called."""
    return f"test_saved_{platform}.py"


def source_of(recorder: Recorder, *, bot: str) -> str:
    """Return the source of a test that does what was done, and sees what the bot answered.

    Args:
        recorder: What was taken down.
        bot: The name of the bot's file.
    """
    recorder.look()
    first = _Writer(recorder, bot, {entry.step.message for entry in recorder.entries if isinstance(entry, Done)})
    first.source()
    return _Writer(recorder, bot, first.referred).source()  # with variables only for what it refers to by them


class _Writer:
    """Writes one test."""

    def __init__(self, recorder: Recorder, bot: str, named: Collection[str]) -> None:
        """``named`` are the ids of messages that get a variable."""
        self._recorder, self._bot, self._named_messages = recorder, bot, named
        self.referred: set[str] = set()
        """The ids of messages that the test refers to by a variable."""
        self._driver = recorder.driver
        self._entries = list(recorder.entries)
        self._people: dict[tuple[str, Place], str] = {(ME, self._driver.direct()): "user"}
        """The variable of each person in each place."""
        self._names: set[str] = {"user"}
        self._written: dict[str, str] = {}
        """What was written last by each variable, as the id of the message."""
        self._looked: dict[str, str] = {}
        """What each variable saw last, as the id of the message."""
        self._variables: dict[str, str] = {}
        """The variable that holds each message which is referred to later, by its id."""
        self._lines: list[str] = []
        self._uses_files = self._uses_paths = False

    def source(self) -> str:
        """Return the source of the test."""
        for entry in self._entries:
            if isinstance(entry, Done):
                self._do(entry)
            else:
                self._see(entry)
        if self._recorder.is_full:
            self._lines.append("# What came after this was too much to be taken down.")
        body = "\n".join(f"    {line}" for line in self._lines or ["pass  # nothing was done yet"])
        imports = ["from pathlib import Path", ""] if self._uses_paths else []
        imports.append("import pytest")
        if self._uses_files:
            imports += ["", "from gateway.testing import File"]
        header = _HEADER.format(
            bot=_literal(self._bot),
            file=file_name(self._driver.name),
            platform=_literal(self._driver.name),
            imports="\n".join(imports),
        )
        return header + body + "\n"

    # -- what was done

    def _do(self, done: Done) -> None:
        step = done.step
        variable = self._person(step, done.place)
        call = self._call(step, variable)
        if call is None:
            self._lines.append(f"# {step.person} {step.text or step.verb}: a test does that in another way")
            return
        assigned = ""
        if done.written:
            self._written[variable] = done.written
            if done.written in self._named_messages:
                assigned = f"{self._variable(done.written, 'message')} = "
        self._lines.append(f"{assigned}await {variable}.{call}")

    def _call(self, step: Step, variable: str) -> str | None:
        match step.verb:
            case "says" if step.files and not step.text:
                return f"uploads({', '.join(self._file(file) for file in step.files)})"
            case "says":
                files = f", files=[{', '.join(self._file(file) for file in step.files)}]" if step.files else ""
                return f"says({_literal(step.text)}{files})"
            case "edits":
                return self._about(step, f"edits({_literal(step.text)}", "of", self._written.get(variable))
            case "deletes":
                return self._about(step, "deletes(", "", self._written.get(variable))
            case "reacts":
                added = "" if step.on else ", added=False"
                return self._about(step, f"reacts({_literal(step.text)}", "to", self._looked.get(variable), end=added)
            case "gives_feedback":
                comment = f", {_literal(step.text)}" if step.text else ""
                begin = f"gives_feedback({int(step.on)}{comment}"
                return self._about(step, begin, "on", self._looked.get(variable))
            case "clicks" | "selects" | "runs":
                return f"{step.verb}({_literal(step.text)})"
            case "downloads":
                return f"downloads({_literal(step.text)})" if step.text else "downloads()"
            case "submits":
                return f"submits({self._values(step.values)})" if step.values else "submits()"
            case "stops" | "opens":
                return f"{step.verb}()"
            case "other":
                return None

    def _about(self, step: Step, begin: str, name: str, last: str | None, *, end: str = "") -> str | None:
        """Return a call about a message: without it where it is the last one, None where the test has no name for
        it."""
        if step.message == last:
            return f"{begin}{end})"
        if step.message not in self._variables:
            return None
        self.referred.add(step.message)
        gap = "" if begin.endswith("(") else ", "
        named = f"{name}={self._variables[step.message]}" if name else self._variables[step.message]
        return f"{begin}{gap}{named}{end})"

    def _values(self, values: Mapping[str, FieldInput]) -> str:
        parts: list[str] = []
        for label, value in values.items():
            shown = _literal(value) if isinstance(value, str) else repr(value)
            if not isinstance(value, str | bool | float | int):
                shown = f"[{', '.join(self._file(file) for file in value)}]"
            parts.append(f"{_literal(label)}: {shown}")
        return f"{{{', '.join(parts)}}}"

    def _file(self, file: File) -> str:
        if not file.data:  # it was too large to be kept
            self._uses_paths = True
            self._lines.append(f"# Put {_literal(file.name)} beside this test: it has more than {INLINE} bytes.")
            return f"Path(__file__).with_name({_literal(file.name)})"
        self._uses_files = True
        return f"File({_literal(file.name)}, {file.data!r}, {_literal(file.mime)})"

    # -- what was seen

    def _see(self, answer: Answer) -> None:
        variable = self._people.get((answer.person, answer.place))
        if variable is None:
            variable = self._named(answer.person, answer.place)
        words = _beginning(answer.said)
        if not words:
            for name in answer.said.files:
                self._lines.append(f"await {variable}.downloads({_literal(name)})")
            return
        assigned = ""
        if answer.message:
            self._looked[variable] = answer.message
            if answer.message in self._named_messages:
                assigned = f"{self._variable(answer.message, 'answer')} = "
        self._lines.append(f"{assigned}await {variable}.sees({_literal(words)})")

    # -- names

    def _person(self, step: Step, place: Place) -> str:
        """Return the variable of who did something, declared before if it is new."""
        known = self._people.get((step.person, place))
        return known if known is not None else self._named(step.person, place)

    def _named(self, person: str, place: Place) -> str:
        if place == self._driver.direct(person):
            name, value = person.lower(), f"user.other({_literal(person)})"
        else:
            there = next((name for (_, where), name in self._people.items() if where == place), None)
            channel = self._driver.channel_name(place)
            if there is not None:
                name, value = f"{person.lower()}_in_{_word(channel)}", f"{there}.other({_literal(person)})"
            else:
                who = "user" if person == ME else f"user.other({_literal(person)})"
                name, value = _word(channel), f"{who}.in_channel({_literal(channel)})"
        name = self._unique(name)
        self._people[person, place] = name
        self._lines.append(f"{name} = {value}")
        return name

    def _variable(self, message: str, kind: str) -> str:
        self._variables[message] = self._unique(kind)
        return self._variables[message]

    def _unique(self, name: str) -> str:
        number, unique = 2, name
        while unique in self._names:
            unique, number = f"{name}_{number}", number + 1
        self._names.add(unique)
        return unique


def _literal(text: str) -> str:
    """Return a text as Python writes it, between double quotes where it needs no escape in them."""
    written = repr(text)
    needs_none = written.startswith("'") and '"' not in written and "\\'" not in written
    return f'"{written[1:-1]}"' if needs_none else written


def _word(text: str) -> str:
    """Return a text as the name of a variable."""
    word = re.sub(r"\W+", "_", text.lower(), flags=re.ASCII).strip("_")
    return f"in_{word}" if not word or word[0].isdigit() else word


def _beginning(said: Said) -> str:
    """Return the beginning of what a message says, as far as it is the same at the next run."""
    for part in (said.text, *said.cards, *said.plan):
        line = next((line.strip() for line in part.splitlines() if line.strip()), "")
        line = line[: found.start()] if (found := _CHANGES.search(line)) else line
        if len(line) > _SHOWN:
            line = line[:_SHOWN].rpartition(" ")[0] or line[:_SHOWN]
        if line.strip():
            return line.strip()
    return ""
