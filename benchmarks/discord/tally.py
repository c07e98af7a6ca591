"""How a bot that answers no messages tells how many it has seen, for the bot and for the harness.

The bot marks the number of every message. The harness asks once, naming the number of messages it has sent; the bot
answers when it has seen them all, or when no more come.
"""

import asyncio
import mmap
import re
from typing import NamedTuple

QUIET = 10.0
"""Seconds without a message after which those still missing count as lost."""
ASKED = "report"
"""The first word of the question."""
_SAID = re.compile(rb"seen (\d+), (\d+) twice")


class Seen(NamedTuple):
    """The number of messages a bot has seen, and the number of repetitions."""

    messages: int
    doubled: int


def question(wanted: int) -> str:
    """Return the question, without the mark of its number."""
    return f"{ASKED} {wanted}"


def seen_in(body: bytes) -> Seen | None:
    """Return the answer in a message of the bot; None if there is none."""
    found = _SAID.search(body)
    return Seen(int(found[1]), int(found[2])) if found else None


class Tally:
    """Counts messages in the bot."""

    def __init__(self) -> None:
        # One byte for each possible number; the system allocates a page when something is written to it.
        self._marks = mmap.mmap(-1, 10_000_000)
        self._messages = 0
        self._doubled = 0
        self._wanted = 0
        self._enough = asyncio.Event()

    def note(self, content: str) -> None:
        """Count a message, whose text ends with the mark of its number."""
        number = int(content[-8:-1])
        if self._marks[number]:
            self._doubled += 1
            return
        self._marks[number] = 1
        self._messages += 1
        if self._messages == self._wanted:
            self._enough.set()

    async def report(self, content: str) -> str:
        """Return the answer to ``question``."""
        _, wanted, mark = content.split()
        self._wanted = int(wanted)
        self._enough.clear()
        while self._messages < self._wanted:
            before = self._messages
            try:
                await asyncio.wait_for(self._enough.wait(), QUIET)
            except TimeoutError:
                if self._messages == before:
                    break
        return f"{mark} seen {self._messages}, {self._doubled} twice"
