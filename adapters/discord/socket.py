"""discord.py's websocket, changed to read no faster than is stored, to tell Discord how far that is, and to survive
frames that cannot be read.

An unreadable frame is skipped with a line in the log (``adapters.discord.frames``). Only where the stream of compressed
bytes itself is broken, or the connection has not begun, does the connection end (``Unreadable``).
"""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

import structlog

from adapters.discord import frames
from adapters.discord.frames import Frame
from adapters.discord.progress import Progress
from adapters.discord.sdk import DiscordWebSocket
from adapters.jsons import NotJson

log = structlog.get_logger(__name__)

_LONGEST = 64 * 1024 * 1024
"""Bytes of one frame, compressed. A server with all its channels and threads has some megabytes."""
_GAP = 1_000
"""How far the sequence number found in an unreadable frame may be from the last one, to be believed."""


class Room(Protocol):
    """What takes the dispatches in, with a bound on how many may wait."""

    @property
    def full(self) -> bool:
        """Whether no more dispatches may be read."""
        ...

    async def room(self) -> None:
        """Wait until dispatches may be read again."""
        ...


class Unreadable(Exception):
    """Raised when nothing more can be read from this connection."""


class Socket(DiscordWebSocket):
    """A gateway websocket that reads only while there is room, and tells Discord how far everything is stored rather
    than how far it has read."""

    taking: Room | None = None
    progress: Progress | None = None
    _told: int | None = None

    @property
    def sequence(self) -> int | None:
        """The sequence number sent with heartbeats and RESUME."""
        return self._told if self.progress is None else self.progress.stored

    @sequence.setter
    def sequence(self, read: int | None) -> None:
        self._told = read
        if self.progress is not None and type(read) is int:
            self.progress.at = read

    async def received_message(self, msg: Any, /) -> None:
        """Read one frame. Raises ``Unreadable`` where nothing more can be read, and what discord.py raises where
        Discord ends the connection."""
        payload = self._inflated(msg) if type(msg) is bytes else msg
        if payload is None:  # the rest of it comes with the next one
            return
        try:
            frame = frames.read(payload)
        except NotJson as error:
            frame = self._set_aside(payload, error)
        if frame.op == frames.DISPATCH:
            self._dispatched(frame)
        else:
            await super().received_message(payload)
        if self.progress is not None:
            self.progress.passed()
        if self.taking is not None and self.taking.full:
            await self.taking.room()

    def _inflated(self, data: bytes) -> str | bytes | None:
        """Return a compressed frame's text, or its bytes if they are no text; None while more of the frame is to
        come."""
        try:
            found = self._decompressor.decompress(data)
        except UnicodeDecodeError as error:
            return error.object
        except Exception as error:  # the error of whichever compression discord.py has chosen
            raise Unreadable(f"the compressed stream is broken: {type(error).__name__}") from error
        if found is None and len(getattr(self._decompressor, "buffer", b"")) > _LONGEST:
            raise Unreadable("a frame without end")
        return found

    def _dispatched(self, frame: Frame) -> None:
        self.sequence = frame.seq
        if self._keep_alive is not None:
            self._keep_alive.tick()
        parse = self._discord_parsers.get(frame.name)
        if parse is not None:
            parse(frame.data)

    def _set_aside(self, payload: str | bytes, error: NotJson) -> Frame:
        """Return an unreadable frame as an event of no interest, at its place in the session."""
        rest = frames.remains(payload)
        log.error(
            "discord.frame_set_aside",
            why=str(error),
            size=len(payload),
            dispatch=rest.name[:80],
            sequence=rest.seq,
            shard=self.shard_id or 0,
        )
        if self._keep_alive is None or rest.name == "READY":
            raise Unreadable("the connection did not begin with what can be read")
        known = self.progress.read if self.progress is not None else 0
        seq = rest.seq if rest.seq is not None and known < rest.seq <= known + _GAP else None
        # Of RESUMED only the name matters.
        return Frame(frames.DISPATCH, "RESUMED" if rest.name == "RESUMED" else "", seq, {})

    async def leave(self, code: int) -> None:
        """Close the connection, without waiting for a gateway that does not answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self.close(code)
