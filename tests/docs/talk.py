"""A conversation as the documents show it, played against a bot: a line for each thing that somebody says or does.

``Ada: …`` she writes, in direct messages; ``Ada presses: …`` a button, by its label; ``Ada attaches: …`` a file, by its
name (with some words in it, where the page shows no such file); ``Ada rates: up`` or ``down`` what was read last;
``Ada is told: …`` something that she alone reads; ``Bot: …`` the bot says something that contains this, in a message
behind the one that was read last.
"""

import mimetypes
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from tests.contract.reading import hears
from tests.contract.world import File, Place, Post, Said, World

_LINE = re.compile(r"(?P<who>Ada|Bot)(?: (?P<does>presses|attaches|rates|is told))?: (?P<what>.*)")


class Talk:
    """One conversation of Ada with the bot, in direct messages.

    Args:
        world: The platform.
        files: The files that the page shows, by name.
        faults: Returns what went wrong in the bot so far; nothing is waited for once there is something.
    """

    def __init__(self, world: World, files: Mapping[str, str], faults: Callable[[], Sequence[object]]) -> None:
        self._world = world
        self._files = files
        self._faults = faults
        self._post: Post | None = None
        self._read: Said | None = None
        """What the bot said last, as far as it was read."""

    async def play(self, script: str) -> None:
        """Play a conversation; raises ``AssertionError`` at the first line that does not come true."""
        for number, line in enumerate(script.splitlines(), 1):
            match = _LINE.fullmatch(line.strip())
            assert match is not None, f"line {number} of a conversation is none: {line!r}"
            await self._line(match["who"], match["does"], match["what"])

    async def _line(self, who: str, does: str | None, what: str) -> None:
        match who, does:
            case "Bot", None:
                self._read = await self._reads(what)
            case "Ada", None:
                await self._writes(what)
            case "Ada", "attaches":
                await self._writes("", File(what, self._content(what), mimetypes.guess_type(what)[0] or "text/plain"))
            case "Ada", "presses":
                assert self._read is not None, "there is nothing yet that has buttons"
                await self._world.click(self._read, what)
            case "Ada", "rates":
                assert self._read is not None, "there is nothing yet to rate"
                await self._world.thumbs(self._read, up=what == "up")
            case "Ada", "is told":
                assert self._post is not None, "somebody has to begin"
                await hears(self._world, what, self._post)
            case _:
                raise AssertionError(f"{who} {does} is no line of a conversation")

    def _content(self, name: str) -> bytes:
        return self._files.get(name, "Some words.").encode()

    async def _writes(self, text: str, *files: File) -> None:
        if self._post is None:
            self._post = await self._world.dm(text, files=files)
        else:
            await self._world.reply(self._post, text, files=files)

    async def _reads(self, wanted: str) -> Said:
        """Wait until the bot says something new that contains this."""
        assert self._post is not None, "somebody has to begin"
        place = self._post.place
        with suppress(TimeoutError):
            await self._world.wait_for(lambda: self._found(place, wanted) or self._faults(), 10)
        found = self._found(place, wanted)
        said = [_words(each) for each in self._world.said(place)]
        assert found is not None, f"the bot did not say {wanted!r} then; it said {said}, and {self._faults()}"
        return found

    def _found(self, place: Place, wanted: str) -> Said | None:
        said = self._world.said(place)
        ids = [each.id for each in said]
        new = said[ids.index(self._read.id) + 1 :] if self._read is not None and self._read.id in ids else said
        return next((each for each in new if wanted in _words(each) and not each.streaming), None)


def _words(said: Said) -> str:
    """All that a person reads of a message."""
    return "\n".join((said.text, *said.cards))
