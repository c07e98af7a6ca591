"""The kept threads: what history holds of conversations, as it is read back."""

from typing import Protocol

from gateway.model import ThreadDict


class Threads(Protocol):
    """Reads threads from where history is kept."""

    async def thread(self, id: str, *, limit: int, characters: int) -> ThreadDict | None:
        """Return a thread with its newest steps, oldest first, their feedback and their elements; None where nothing is
        kept of it.

        ``limit`` is how many steps it has at most, ``characters`` how many characters of input and output they have
        together at most.
        """
        ...
