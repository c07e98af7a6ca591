"""Takes down what people do on an emulated platform and what the bot answers, to be saved as a test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from gateway.drivers.base import ME, Driver
from gateway.drivers.steps import Step
from gateway.drivers.values import File, Place, Said

MOST_STEPS = 500
"""Steps that are taken down; what comes after is left out, and the test says so."""
INLINE = 4_096
"""Bytes of a file up to which a test contains it. Of a larger one only the name is kept."""

_log = structlog.get_logger("gateway.playground")


@dataclass(frozen=True, slots=True)
class Answer:
    """Something that the bot showed."""

    person: str
    """Who saw it."""
    place: Place
    message: str
    """The id of the message; empty for what only this person was shown."""
    said: Said


@dataclass(frozen=True, slots=True)
class Done:
    """Something that a person did, with where it led."""

    step: Step
    place: Place
    """Where the conversation goes on: for a message in a channel that begins a thread, that thread."""
    written: str = ""
    """The id of the message that it wrote, if it wrote one."""


class Recorder:
    """What was done and seen on one platform since the gateway's start, or since the recording began anew."""

    def __init__(self, driver: Driver[Any]) -> None:
        self.driver = driver
        self.entries: list[Answer | Done] = []
        """What was done and seen, in order."""
        self.is_full = False
        """Whether something was left out because there was too much."""
        self._people: dict[Place, str] = {}
        """Who did something in each place last."""
        self._seen: dict[tuple[str, str], str] = {}
        """The words that each message showed last, by channel and id."""
        self._told: dict[str, int] = {}

    def restart(self) -> None:
        """Forget what was taken down, and begin anew."""
        self.look()
        self.entries.clear()
        self.is_full = False

    def before(self, action: Mapping[str, Any]) -> Step | None:
        """Take down what there is to see before a person does something, and return what that is, for ``after``."""
        try:
            self.look()
            return self.driver.step_of(action)
        except (LookupError, TypeError, ValueError, AttributeError):
            # Whatever an action is, it is done; a test that lacks it is noticed by who reads it.
            _log.debug("playground.not_recorded", platform=self.driver.name, exc_info=True)
            return None

    def after(self, step: Step | None, result: Mapping[str, Any]) -> None:
        """Take down what a person did, once the platform has answered. What it refused is left out."""
        if step is None or not result.get("ok"):
            return
        place, written = step.place, ""
        if step.verb == "says":
            written = str(result.get("ts") or result.get("id") or "")
            place = self.driver.begun_by(written, place)
        files = [file if len(file.data) <= INLINE else File(file.name, b"", file.mime) for file in step.files]
        self._people[place] = step.person
        self._add(Done(replace(step, files=files), place, written))

    def look(self) -> None:
        """Take down what the bot showed since the last look, wherever people did something."""
        for place, person in ({self.driver.direct(): ME} | self._people).items():
            for said in self.driver.said(place):
                key, words = (place.channel, said.id), _words(said)
                if not said.streaming and self._seen.get(key) != words:
                    self._seen[key] = words
                    self._add(Answer(person, place, said.id, said))
        for place, person in self._people.items():
            told = self.driver.told(person)
            for text in told[self._told.get(person, 0) :]:
                self._add(Answer(person, place, "", Said("", place, text)))
            self._told[person] = len(told)

    def _add(self, entry: Answer | Done) -> None:
        if len(self.entries) >= MOST_STEPS:
            self.is_full = True
        else:
            self.entries.append(entry)


def _words(said: Said) -> str:
    return "\n".join((said.text, *said.cards, *said.plan, *said.files))
