"""How a bot that answers nothing tells what it has seen: both sides of it.

The bot marks the number of every message. The harness asks once, naming how many there have to be by then; the bot
answers when it has them all, or when no more come.
"""

import asyncio
import mmap
import re
from typing import NamedTuple

QUIET = 10.0
"""Seconds without a message after which those still missing count as lost."""
ASKED = "report"
"""How the question begins."""
_SAID = re.compile(rb"seen (\d+), (\d+) twice")


class Seen(NamedTuple):
    """Messages, and how often one came again."""

    messages: int
    doubled: int


def question(wanted: int) -> str:
    """What a bot is asked, its mark apart."""
    return f"{ASKED} {wanted}"


def seen_in(body: bytes) -> Seen | None:
    """The answer in a message of the bot."""
    found = _SAID.search(body)
    return Seen(int(found[1]), int(found[2])) if found else None


class Tally:
    """The bot's side."""

    def __init__(self) -> None:
        # One byte for each number there may be; the system gives a page when something is written there.
        self._marks = mmap.mmap(-1, 10_000_000)
        self._messages = 0
        self._doubled = 0
        self._wanted = 0
        self._enough = asyncio.Event()

    def note(self, content: str) -> None:
        """A message; its number ends it."""
        number = int(content[-8:-1])
        if self._marks[number]:
            self._doubled += 1
            return
        self._marks[number] = 1
        self._messages += 1
        if self._messages == self._wanted:
            self._enough.set()

    async def report(self, content: str) -> str:
        """The answer to ``question``."""
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
