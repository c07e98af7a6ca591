"""discord.py's websocket, reading no faster than is stored, and telling Discord how far that is."""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from adapters.discord.progress import Progress
from adapters.discord.sdk import DiscordWebSocket


class Room(Protocol):
    """What takes the dispatches in."""

    @property
    def full(self) -> bool: ...
    async def room(self) -> None:
        """Until there is some again."""
        ...


class Socket(DiscordWebSocket):
    """Reads on only while there is room, and tells Discord how far all is stored rather than how far it has read."""

    taking: Room | None = None
    progress: Progress | None = None
    _told: int | None = None

    @property
    def sequence(self) -> int | None:
        """What goes out with heartbeats and RESUME."""
        return self._told if self.progress is None else self.progress.stored

    @sequence.setter
    def sequence(self, read: int | None) -> None:
        self._told = read
        if self.progress is not None and read is not None:
            self.progress.at = read

    async def received_message(self, msg: Any, /) -> None:
        await super().received_message(msg)
        if self.progress is not None:
            self.progress.passed()
        if self.taking is not None and self.taking.full:
            await self.taking.room()

    async def leave(self, code: int) -> None:
        """Say goodbye; whoever does not answer is left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self.close(code)
