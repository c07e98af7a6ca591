"""What happened in a test so far, as text: what people did, and what the bot said as it stands now."""

import textwrap
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any

from gateway.drivers.base import Driver
from gateway.drivers.values import Place, Said
from gateway.testing.seen import described, words_of

SHOWN = 40
"""Lines of a story that a failed test shows, the last ones."""
LIKE = 0.5
"""How like a line is to what was expected (0 to 1) from which on it is pointed out."""


class Story:
    """What happened in a test, in order."""

    def __init__(self, driver: Driver[Any]) -> None:
        self._driver = driver
        self._steps: list[str | tuple[Place, str]] = []
        """What a person did, as text; of a message of the bot the place and the id."""
        self._places: dict[Place, None] = {}
        self._noted: set[tuple[str, str]] = set()
        self._told: dict[str, int] = {}

    def did(self, what: str, place: Place) -> None:
        """Take down what a person does now."""
        self.look(place)
        self._steps.append(what)

    def look(self, place: Place | None = None) -> None:
        """Take down which messages of the bot there are by now, in this place and the earlier ones."""
        if place is not None:
            self._places[place] = None
        for where in self._places:
            for said in self._driver.said(where):
                if (where.channel, said.id) not in self._noted:
                    self._noted.add((where.channel, said.id))
                    self._steps.append((where, said.id))

    def told(self, person: str) -> None:
        """Take down what only this person was shown by now."""
        told = self._driver.told(person)
        self._steps += [f"bot, to {person} only: {text}" for text in told[self._told.get(person, 0) :]]
        self._told[person] = len(told)

    def text(self, mark: Callable[[Said], str] = lambda _: "") -> str:
        """Return the story, one step a line; ``mark`` returns what to say behind a message of the bot."""
        self.look()
        lines = [step if isinstance(step, str) else self._line(*step, mark) for step in self._steps]
        left = f"… {len(lines) - SHOWN} earlier steps\n" if len(lines) > SHOWN else ""
        return left + "\n".join(lines[-SHOWN:])

    def _line(self, place: Place, id: str, mark: Callable[[Said], str]) -> str:
        for said in self._driver.said(place):
            if said.id == id:
                lines = textwrap.indent(described(said), "     ").lstrip()
                return f"{said.author or 'bot'}: {lines}{mark(said)}"
        return "bot: (a message that it deleted)"


def likeness(said: Said, expected: str) -> float:
    """Return how like a line of a message is to a text: 0 to 1."""
    matcher = SequenceMatcher(b=expected.lower())
    best = 0.0
    for line in words_of(said).lower().splitlines()[:50]:
        matcher.set_seq1(line[:500])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best
